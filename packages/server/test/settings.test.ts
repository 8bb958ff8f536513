import { expect, test } from 'vitest'
import { readServerSettings } from '../src/settings.ts'

test('a setting that is missing or empty has its default', () => {
  const defaults = {
    HOST: '127.0.0.1',
    ALLOWED_HOSTS: '',
    DRAIN_SECONDS: 0,
    LOG_LEVEL: 'info',
    METRICS_HOST: '127.0.0.1',
    REQUEST_TIMEOUT_MS: 15_000,
    LEDGER_JWT_CLOCK_TOLERANCE: 5,
    LEDGER_JWT_SCOPES_CLAIM: 'scope',
    CONSOLE: 'on',
    GRAPHIQL: 'on',
    INTROSPECTION: 'on',
  }
  expect(readServerSettings({})).toEqual(defaults)
  const empty = Object.fromEntries(
    ['HOST', 'PORT', 'ALLOWED_HOSTS', 'RATE_LIMIT', 'LOG_LEVEL', 'REQUEST_TIMEOUT_MS', 'DATABASE_URL'].map(
      (name) => [name, ''],
    ),
  )
  expect(readServerSettings(empty)).toEqual(defaults)
})

test('numbers are read as numbers, and other variables are left alone', () => {
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
  ['LEDGER_AUTH', 'key'],
  ['LEDGER_AUTH', 'keys,'],
  ['LEDGER_AUTH', 'none,keys'],
  ['LEDGER_JWT_JWKS_URL', 'http://issuer.example/jwks'],
  ['LEDGER_JWT_JWKS_URL', 'issuer'],
  ['LEDGER_JWT_ALGORITHMS', 'none'],
  ['LEDGER_JWT_ALGORITHMS', 'RS256,none'],
  ['LEDGER_JWT_ISSUER', 'a,,b'],
  ['LEDGER_JWT_CLOCK_TOLERANCE', '301'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'https://app.example/'],
  ['CORS_ORIGINS', 'app.example'],
  ['CORS_ORIGINS', 'null'],
  ['CONSOLE', 'true'],
  ['CONSOLES', 'content'],
  ['CONSOLES', 'content=https://content.example.org/console'],
  ['GRAPHIQL', 'true'],
  ['INTROSPECTION', 'no'],
])('%s=%s is refused by name, with the value', (name, value) => {
  expect(() => readServerSettings({ [name]: value })).toThrow(new RegExp(`^${name} must be .*, not "`))
})

test.each([
  'http://localhost:4000/jwks',
  'http://127.0.0.1/jwks',
  'http://[::1]:4000/jwks',
  'https://issuer.example',
])('LEDGER_JWT_JWKS_URL=%s is accepted', (url) => {
  expect(readServerSettings({ LEDGER_JWT_JWKS_URL: url }).LEDGER_JWT_JWKS_URL).toBe(url)
})

test('only a part of a very long value is shown', () => {
  const refused = () => readServerSettings({ LOG_LEVEL: 'x'.repeat(100_000) })
  expect(refused).toThrow(/^.{1,500}$/)
})

test('a secret that is too short is not shown', () => {
  const refused = () => readServerSettings({ LEDGER_JWT_SECRET: 'too short' })
  expect(refused).toThrow(/^LEDGER_JWT_SECRET must be a secret of at least 32 bytes\.$/)
})

test('lists are read as lists', () => {
  expect(
    readServerSettings({
      LEDGER_AUTH: 'keys, jwt',
      LEDGER_JWT_AUDIENCE: 'a,b',
      CORS_ORIGINS: 'https://app.example, http://localhost:3000',
    }),
  ).toMatchObject({
    LEDGER_AUTH: ['keys', 'jwt'],
    LEDGER_JWT_AUDIENCE: ['a', 'b'],
    CORS_ORIGINS: ['https://app.example', 'http://localhost:3000'],
  })
})
