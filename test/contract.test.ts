import { readdirSync, readFileSync } from 'node:fs'
import { buildSchema, findBreakingChanges } from 'graphql'
import { expect, test } from 'vitest'

const schemaOf = (path: string) => buildSchema(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'))
const apps = readdirSync(new URL('../apps', import.meta.url))

test('a graph with every part of the ledger is a superset of the contract', () => {
  const full = schemaOf('packages/plugin-ledger/schema.graphql')
  expect(findBreakingChanges(schemaOf('schema.graphql'), full)).toEqual([])
})

test.each(apps)("the graph of %s is a superset of the contract's", (app) => {
  expect(findBreakingChanges(schemaOf('schema.graphql'), schemaOf(`apps/${app}/schema.graphql`))).toEqual([])
})
