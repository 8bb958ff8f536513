import {
  databaseUrlSetting,
  ledgerSettings,
  readSettings,
  type SettingsOf,
  setting,
  wholeNumber,
} from '@shared-ledger/ledger/session'
import { z } from 'zod'
import { authSettings } from './auth/settings.ts'
import { readAllowedHosts } from './hosts.ts'
import { rateLimitShape, rateLimitTakes } from './rate-limit.ts'
import { listOf, textThat } from './setting-texts.ts'

/** What LOG_LEVEL may be. */
const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

const hosts = z.string().superRefine((given, { addIssue }) => {
  try {
    readAllowedHosts(given)
  } catch (error) {
    addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
  }
})

const port = 'a whole number from 0 to 65535'

function isOrigin(given: string): boolean {
  return /^https?:/.test(given) && URL.canParse(given) && new URL(given).origin === given
}

/** An app's console: `content=https://content.example.org`. */
const consoleShape = textThat(
  (given) => /^[^=]+=./.test(given) && isOrigin(given.slice(given.indexOf('=') + 1)),
).transform((given) => ({
  app: given.slice(0, given.indexOf('=')),
  url: given.slice(given.indexOf('=') + 1),
}))

/** All environment variables that a server reads. docs/operating.md explains each. */
export const serverSettings = {
  ...ledgerSettings,
  DATABASE_URL: databaseUrlSetting('DATABASE_URL'),
  HOST: setting('an address or a name of this machine', z.string(), { fallback: '127.0.0.1' }),
  PORT: setting(port, wholeNumber(0, 65_535).optional()),
  ALLOWED_HOSTS: setting('hosts separated by commas, without scheme, port and path', hosts, { fallback: '' }),
  ...authSettings,
  CORS_ORIGINS: setting(
    'origins separated by commas, such as https://app.example.org, without a path',
    listOf(textThat(isOrigin)).optional(),
  ),
  GRAPHIQL: setting('on or off', z.enum(['on', 'off']), { fallback: 'on' }),
  CONSOLE: setting('on or off', z.enum(['on', 'off']), { fallback: 'on' }),
  CONSOLES: setting(
    'apps and their addresses, such as content=https://content.example.org, separated by commas',
    listOf(consoleShape).optional(),
  ),
  INTROSPECTION: setting('on or off', z.enum(['on', 'off']), { fallback: 'on' }),
  RATE_LIMIT: setting(rateLimitTakes, rateLimitShape.optional()),
  DRAIN_SECONDS: setting('a whole number of seconds from 0 to 600', wholeNumber(0, 600), { fallback: '0' }),
  METRICS_PORT: setting(port, wholeNumber(0, 65_535).optional()),
  METRICS_HOST: setting('an address or a name of this machine', z.string(), { fallback: '127.0.0.1' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    'an http or https url, such as http://localhost:4318',
    z.url({ protocol: /^https?$/ }).optional(),
  ),
  LOG_LEVEL: setting(`one of ${logLevels.join(', ')}`, z.enum(logLevels), { fallback: 'info' }),
}

export type ServerSettings = SettingsOf<typeof serverSettings>

/** Reads the settings of a server. @throws Error with a line for each wrong value that says what is right */
export function readServerSettings(environment: NodeJS.ProcessEnv = process.env): ServerSettings {
  return readSettings(serverSettings, environment)
}
