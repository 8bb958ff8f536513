import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { startSettings } from '../../packages/cli/src/settings.ts'
import { root, tableOf } from './markdown.ts'

/** The settings as the table of docs/operating.md has them. */
const settings = Object.entries(startSettings).map(([variable, schema]) => ({
  variable,
  'must be': schema.meta()?.description,
  default: String(schema.parse(undefined) ?? '') || 'none',
}))

test('docs/operating.md has every setting with what it takes and its default', () => {
  const table = tableOf('docs/operating.md', ['variable', 'must be', 'default', 'sets'])
  const byName = (one: { variable?: string }, other: { variable?: string }) =>
    String(one.variable).localeCompare(String(other.variable))
  expect(table.map(({ sets: _, ...row }) => row).toSorted(byName)).toEqual(settings.toSorted(byName))
})

test('.env.example has every setting, with its default or an example', () => {
  const example = readFileSync(path.join(root, '.env.example'), 'utf8')
  const shown = new Map(
    [...example.matchAll(/^# ([A-Z_]+)=(.+)$/gm)].map(([, name = '', value]) => [name, value]),
  )
  expect([...shown.keys()].toSorted()).toEqual(settings.map(({ variable }) => variable).toSorted())
  for (const { variable, default: usual } of settings)
    if (usual !== 'none') expect([variable, shown.get(variable)]).toEqual([variable, usual])
})
