import { expect, test } from 'vitest'
import { bounds, idleTimeoutMs, timeouts } from '../../packages/server/src/bounds.ts'
import { read, tableOf } from './markdown.ts'

test('docs/architecture.md has every bound of a process with its number', () => {
  const rows = tableOf('docs/architecture.md', ['bound', 'number', 'why'])
  expect(rows.map(({ bound = '', number = '' }) => [bound.replaceAll('`', ''), number])).toEqual(
    Object.entries(bounds).map(([bound, number]) => [bound, number.toLocaleString('en')]),
  )
})

test('docs/architecture.md says how long clients may take', () => {
  const { headersMs, requestMs, readMs, readMsPerKiB, idleMs, keepAliveMs } = timeouts
  const text = read('docs/architecture.md').replaceAll('\n', ' ')
  expect(idleTimeoutMs({ request: 20_000, connection: 5_000 })).toBe(idleMs)
  expect(idleTimeoutMs({ request: 21_000, connection: 5_000 })).toBe(21_000 + 40_000)
  expect(text).toContain('if `REQUEST_TIMEOUT_MS` is above 20 s: 40 s more than that.')
  expect(text).toContain(
    `have ${headersMs / 1000} s for the headers of a request and ${requestMs / 1000} s for all of it`,
  )
  expect(text).toContain(
    `have ${readMs / 1000} s to read an answer, and ${readMsPerKiB} ms more for each KiB`,
  )
  expect(text).toContain(
    `for ${idleMs / 1000} s ends, and so does one without a request ${keepAliveMs / 1000} s after an answer`,
  )
})

test('docs/troubleshooting.md says how many requests a connection may have without an answer', () => {
  expect(read('docs/troubleshooting.md')).toContain(
    `more than ${bounds.perConnection} requests without waiting`,
  )
})
