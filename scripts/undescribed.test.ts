import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { undescribed } from './undescribed.ts'

const root = new URL('../', import.meta.url)
const ofApps = readdirSync(new URL('apps', root)).map((app) => `apps/${app}/schema.graphql`)
const printed = [
  'schema.graphql',
  'packages/plugin-ledger/schema.graphql',
  'packages/cli/templates/app/schema.graphql',
  ...ofApps.filter((file) => existsSync(new URL(file, root))), // an app may have no graph
]

test.each(printed)('everything in %s has a description', (file) => {
  expect(undescribed(buildSchema(readFileSync(new URL(file, root), 'utf8')))).toEqual([])
})

test('every part without a description is named', () => {
  const schema = buildSchema(`
    "Described." directive @told("Described." how: Int) on FIELD
    directive @untold(how: Int) on FIELD
    "Described." type Query { "Described." told("Described." how: Int): Int untold(how: Told): Either }
    "Described." input Told { "Described." told: Int " " untold: Untold }
    "Described." enum Untold { "Described." TOLD UNTOLD }
    interface Node { id: ID }
    type One implements Node { id: ID }
    scalar Text
    union Either = One
  `)
  expect(undescribed(schema)).toEqual([
    'Query.untold',
    'Query.untold.how',
    'Told.untold',
    'Untold.UNTOLD',
    'Node',
    'Node.id',
    'One',
    'One.id',
    'Text',
    'Either',
    'untold',
    'untold.how',
  ])
})
