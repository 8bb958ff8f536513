import { type SettingsOf, setting, wholeNumber } from '@shared-ledger/ledger/session'
import { z } from 'zod'
import { isLoopback } from '../hosts.ts'
import { listOf, split, textThat } from '../setting-texts.ts'

/** How a server identifies callers: by API keys, by tokens, or not at all. */
const authModes = ['none', 'keys', 'jwt'] as const

export type AuthMode = (typeof authModes)[number]

/** Algorithms of tokens that are signed with a private key. */
const signatures = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

/** Algorithms of tokens that are signed with a shared secret. */
export const macs = ['HS256', 'HS384', 'HS512'] as const

/** The shortest of these hashes has 32 bytes. A shorter secret would be easier to guess than the hash. */
const minSecretBytes = 32

function isOneIfNone(given: string): boolean {
  const modes = split(given)
  return modes.length === 1 || !modes.includes('none')
}

const text = textThat((given) => given !== '')

function isSafeUrl(given: string): boolean {
  if (!URL.canParse(given)) return false
  const { protocol, hostname } = new URL(given)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** The environment variables that decide how callers are identified. docs/security.md explains each. */
export const authSettings = {
  LEDGER_AUTH: setting(
    `some of ${authModes.join(', ')}, separated by commas, and none alone`,
    listOf(z.enum(authModes), textThat(isOneIfNone)).optional(),
  ),
  LEDGER_JWT_JWKS_URL: setting('an https url, or an http one on loopback', textThat(isSafeUrl).optional()),
  LEDGER_JWT_SECRET: setting(
    `a secret of at least ${minSecretBytes} bytes`,
    textThat((given) => Buffer.byteLength(given) >= minSecretBytes).optional(),
    { secret: true },
  ),
  LEDGER_JWT_ALGORITHMS: setting(
    `some of ${[...signatures, ...macs].join(', ')}, separated by commas`,
    listOf(z.enum([...signatures, ...macs])).optional(),
  ),
  LEDGER_JWT_ISSUER: setting('texts separated by commas', listOf(text).optional()),
  LEDGER_JWT_AUDIENCE: setting('texts separated by commas', listOf(text).optional()),
  LEDGER_JWT_CLOCK_TOLERANCE: setting('a whole number of seconds from 0 to 300', wholeNumber(0, 300), {
    fallback: '5',
  }),
  LEDGER_JWT_SCOPES_CLAIM: setting('the name of a claim', text, { fallback: 'scope' }),
  LEDGER_JWT_OWNER_CLAIM: setting('the name of a claim', text.optional()),
}

export type AuthSettings = SettingsOf<typeof authSettings>
