import { expect, test } from 'vitest'
import { readServerSettings } from '../src/settings.ts'

test('what is not set, or empty, has its default', () => {
  const defaults = {
    HOST: '127.0.0.1',
    ALLOWED_HOSTS: '',
    DRAIN_SECONDS: 0,
    LOG_LEVEL: 'info',
    METRICS_HOST: '127.0.0.1',
    REQUEST_TIMEOUT_MS: 15_000,
  }
  expect(readServerSettings({})).toEqual(defaults)
  const empty = Object.fromEntries(
    ['HOST', 'PORT', 'ALLOWED_HOSTS', 'RATE_LIMIT', 'LOG_LEVEL', 'REQUEST_TIMEOUT_MS', 'DATABASE_URL'].map(
      (name) => [name, ''],
    ),
  )
  expect(readServerSettings(empty)).toEqual(defaults)
})

test('numbers are read as numbers, and what is not ours is left alone', () => {
  const url = 'postgresql://me@localhost/x'
  expect(readServerSettings({ PORT: '0', DATABASE_URL: url, PATH: '/bin' })).toMatchObject({
    PORT: 0,
    DATABASE_URL: url,
  })
})

test.each([
  ['PORT', '-1'],
  ['PORT', '1e3'],
  ['PORT', ' 80'],
  ['PORT', '80.5'],
  ['PORT', '9'.repeat(30)],
  ['LOG_LEVEL', 'INFO'],
  ['LOG_LEVEL', 'toString'],
  ['ALLOWED_HOSTS', 'a,b/c'],
  ['REQUEST_TIMEOUT_MS', '999'],
  ['RATE_LIMIT', '100'],
  ['RATE_LIMIT', '0/s'],
])('%s=%s is refused by name, with the value', (name, value) => {
  expect(() => readServerSettings({ [name]: value })).toThrow(new RegExp(`^${name} must be .*, not "`))
})

test('of a value without end only a part is shown', () => {
  const refused = () => readServerSettings({ LOG_LEVEL: 'x'.repeat(100_000) })
  expect(refused).toThrow(/^.{1,500}$/)
})
