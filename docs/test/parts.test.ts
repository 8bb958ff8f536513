import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ledgerParts } from '../../packages/plugin-ledger/src/parts/index.ts'
import { root, tableOf } from './markdown.ts'

test('docs/graphql.md lists the parts of a graph, and fields that there are', () => {
  const graph = readFileSync(path.join(root, 'packages/plugin-ledger/schema.graphql'), 'utf8')
  const rows = tableOf('docs/graphql.md', ['part', 'adds', 'examples'])
  expect(rows.map(({ part }) => part)).toEqual(ledgerParts)
  for (const { adds = '' } of rows) {
    const fields = adds.split(';')[0]?.match(/\b[a-z]+[A-Z]\w+\b/g) ?? []
    expect(fields.length, adds).toBeGreaterThan(0)
    expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(graph))).toEqual([])
  }
})
