import path from 'node:path'
import { parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { runCommand } from '../../docs/test/command.ts'
import { buildSchema, openLedger, operations } from '../../packages/plugin-ledger/test/build-schema.ts'
import { createCostLimit } from '../../packages/server/src/cost/cost-limit.ts'
import { documents } from '../hostile/inputs.ts'
import { hostileTable, type Row } from '../hostile/report.ts'
import { createTemplate, noncePlace } from '../hostile/template.ts'

const root = path.join(import.meta.dirname, '..', '..')

// It does not judge speed.
test('npm run bench:hostile measures a normal client beside hostile input, and what the bounds cost', {
  timeout: 1_200_000,
}, async () => {
  const run = "npm run bench:hostile -- --seconds 0.2 --rounds 1 --only 'pipelines, few' 'cost of the bounds'"
  const { exitCode, output } = await runCommand(run, root)
  expect(exitCode, output).toBe(0)
  expect(output).toMatch(/\| pipelines, few: .* \| (?:pass|short) \|/)
  expect(output).toMatch(/They cost -?[\d.]+ %/)
})

test.each(Object.entries(documents))('the document of %s is valid', (_, text) => {
  const schema = buildSchema(openLedger(operations))
  const document = parse(text)
  expect(validate(schema, document)).toEqual([])
  const refused = createCostLimit(schema)({ document, variableValues: { ownerId: 'ann' } })
  expect(refused).toBeUndefined()
})

test('a template has a fresh nonce at each placeholder, and keeps its length', () => {
  const text = `a ${noncePlace} b ${noncePlace}`
  const next = createTemplate(text)
  const [one, two] = [next().toString(), next().toString()]
  expect(one).toHaveLength(text.length)
  const nonces = [one, two].flatMap((each) => each.match(/\d{16}/g) ?? [])
  expect(new Set(nonces).size).toBe(4)
})

test('a row fails when the client was refused, or waited more than three times as long', () => {
  const seen = { p50: 1, p99: 10, requests: 100, failed: 0 }
  const outcome = (hostile: Partial<Row['hostile']>) =>
    /(pass|short) \|$/m.exec(
      hostileTable(
        [{ input: { name: 'x', what: 'y', send: () => {} }, quiet: seen, hostile: { ...seen, ...hostile } }],
        1,
      ),
    )?.[1]
  expect(outcome({ p99: 30 })).toBe('pass')
  expect(outcome({ p99: 31 })).toBe('short')
  expect(outcome({ failed: 1 })).toBe('short')
})
