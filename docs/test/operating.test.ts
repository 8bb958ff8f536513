import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ledgerErrors } from '@shared-ledger/ledger'
import { problems } from '@shared-ledger/rest'
import { expect, test } from 'vitest'
import { startSettings } from '../../packages/cli/src/settings.ts'
import { createMetrics } from '../../packages/server/src/metrics/metrics.ts'
import { blocksOf, root, tableOf } from './markdown.ts'

/** The settings in the table of docs/operating.md. */
const settings = Object.entries(startSettings).map(([variable, schema]) => ({
  variable,
  'must be': schema.meta()?.description,
  default: String(schema.parse(undefined) ?? '') || '–',
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
    if (usual !== '–') expect([variable, shown.get(variable)]).toEqual([variable, usual])
})

const connections = { open: 0, idle: 0, waiting: 0 }
const metrics = createMetrics({ app: 'content', operations: [], load: () => ({ postings: 0, connections }) })
const exported = metrics.registry.getMetricsAsArray().map((metric) => ({
  metric: metric.name,
  labels: [Reflect.get(metric, 'labelNames')].flat().join(', '),
  help: metric.help,
}))
metrics.stop()

test('docs/operating.md has every metric of the ledger with its labels and its help text', () => {
  const own = exported.filter(({ metric }) => metric.startsWith('ledger_'))
  expect(tableOf('docs/operating.md', ['metric', 'labels', 'help'])).toEqual(own)
})

test('every metric, label and code in an alert exists', () => {
  const [rules] = blocksOf('docs/operating.md').filter(({ language }) => language === 'yaml')
  const exprs = [...(rules?.text ?? '').matchAll(/^ +expr: (.+)$/gm)].map(([, expr = '']) => expr)
  expect(exprs.length).toBe(rules?.text.match(/- alert: /g)?.length)
  const codes = { ...ledgerErrors, ...problems }
  for (const expr of exprs) {
    const named = [
      ...expr.matchAll(
        /\b((?:ledger|process|nodejs)_\w+?)(?:_(?:bucket|count|sum))?(?:\{(.*?)\})?(?=[[\s)])/g,
      ),
    ]
    expect(named.length, expr).toBe(expr.startsWith('up{') ? 0 : 1)
    for (const [, metric, selectors = ''] of named) {
      const found = exported.find((each) => each.metric === metric)
      expect(found, expr).toBeDefined()
      const known = ['app', 'job', 'le', ...(found?.labels.split(', ') ?? [])]
      const used = [...selectors.matchAll(/(\w+)(?:=~?|!=)"/g), ...expr.matchAll(/by \((\w+)/g)].map(
        ([, label]) => label,
      )
      expect(
        used.filter((label) => !known.includes(label ?? '')),
        expr,
      ).toEqual([])
      for (const [, values = ''] of selectors.matchAll(/(?:code|outcome)=~?"(.*?)"/g))
        expect(
          values.split('|').filter((code) => !Object.hasOwn(codes, code)),
          expr,
        ).toEqual([])
    }
  }
})
