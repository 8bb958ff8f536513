import { readFileSync } from 'node:fs'
import path from 'node:path'
import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { read, root, tableOf } from './markdown.ts'

const printed = readFileSync(path.join(root, 'packages/plugin-ledger/schema.graphql'), 'utf8')

test('docs/graphql.md names every field of the graph', () => {
  const schema = buildSchema(printed)
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const fields = roots.flatMap((type) => Object.keys(type?.getFields() ?? {}))
  expect(fields.length).toBeGreaterThan(20)
  expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(read('docs/graphql.md')))).toEqual([])
})

test('the table of fields in docs/graphql.md has only existing fields', () => {
  for (const { field = '' } of tableOf('docs/graphql.md', ['field', 'examples'])) {
    const names = field.split(', with')[0]?.match(/\b[a-z]\w+\b/g) ?? []
    expect(names.length, field).toBeGreaterThan(0)
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(printed))).toEqual([])
  }
})
