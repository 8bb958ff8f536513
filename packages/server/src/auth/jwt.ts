import { createHash } from 'node:crypto'
import { type Principal, type Scope, scopes } from '@shared-ledger/ledger/facts'
import { Problem, problem } from '@shared-ledger/rest'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Credentials } from './credentials.ts'
import { followExpiry } from './expiry.ts'

/** Which tokens are accepted. */
export interface JwtOptions {
  /** The address of the public keys, or the secret that both sides know. */
  readonly key: { readonly jwksUrl: URL } | { readonly secret: Uint8Array }
  /** The accepted algorithms, whatever a token names. */
  readonly algorithms: readonly string[]
  readonly issuers: readonly string[] | undefined
  readonly audiences: readonly string[] | undefined
  readonly clockToleranceS: number
  /** The claim with the scopes: a text with spaces between them, or a list. Unknown scopes are ignored. */
  readonly scopesClaim: string
  /** The claim with the owner whose account the token may read. When undefined, no token is an owner's. */
  readonly ownerClaim: string | undefined
}

/** How long the JWKS server may take. It is less than the time in which a request must be identified. */
const jwksTimeoutMs = 2_000

/** Identifies requests by JSON Web Tokens that an identity provider issues. */
export function createJwt(options: JwtOptions): Credentials {
  const { algorithms, issuers, audiences, clockToleranceS } = options
  const keyOf = createKeyOf(options.key)
  const expiries = new WeakMap<Principal, { readonly expiresOn: number; readonly ends: AbortController }>()
  const rules = {
    algorithms: [...algorithms],
    ...(issuers && { issuer: [...issuers] }),
    ...(audiences && { audience: [...audiences] }),
    clockTolerance: clockToleranceS,
    requiredClaims: ['exp'],
  }

  return {
    takes: (credential) => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential),
    async identify(credential) {
      try {
        const { payload } = await jwtVerify(credential, keyOf, rules)
        const ends = new AbortController()
        const name = typeof payload.sub === 'string' ? payload.sub : nameOf(credential)
        const principal = principalBy({ name, ends: ends.signal }, payload, options)
        expiries.set(principal, { expiresOn: ((payload.exp ?? 0) + clockToleranceS) * 1000, ends })
        return principal
      } catch (error) {
        return refusalOf(error)
      }
    },
    follow(principal) {
      const expiry = expiries.get(principal)
      return expiry ? followExpiry(expiry) : () => {}
    },
    async close() {},
  }
}

/** Returns the principal of a token. @throws Problem when a claim is missing or wrong */
function principalBy(
  base: Pick<Principal, 'name' | 'ends'>,
  payload: JWTPayload,
  { scopesClaim, ownerClaim }: Pick<JwtOptions, 'scopesClaim' | 'ownerClaim'>,
): Principal {
  if (ownerClaim !== undefined && Object.hasOwn(payload, ownerClaim)) {
    const owner = payload[ownerClaim]
    if (typeof owner === 'string' && owner !== '') return { ...base, owner }
    throw problem('UNAUTHENTICATED', `The token's claim ${ownerClaim} is not the id of an owner.`)
  }
  const given = Object.hasOwn(payload, scopesClaim) ? payload[scopesClaim] : []
  return { ...base, scopes: ourScopes(typeof given === 'string' ? given.split(' ') : given) }
}

/** Names a token without `sub` by its hash, so that no two tokens count as one caller. */
function nameOf(token: string): string {
  return `token ${createHash('sha256').update(token).digest('hex').slice(0, 12)}`
}

function ourScopes(given: unknown): Scope[] {
  return Array.isArray(given) ? scopes.filter((scope) => given.includes(scope)) : []
}

/** The public keys cannot be fetched. The token may be fine. */
class KeysUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The public keys for checking tokens cannot be fetched now. Nothing was done. Try again.', {
      cause,
    })
  }
}

function createKeyOf(key: JwtOptions['key']): JWTVerifyGetKey {
  if ('secret' in key) return async () => key.secret
  const keys = createRemoteJWKSet(key.jwksUrl, { timeoutDuration: jwksTimeoutMs })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (isOfToken(error)) throw error
      throw new KeysUnavailableError(error)
    }
  }
}

/** Whether the JWKS was read but has no key, or several keys, for this token. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  )
}

function refusalOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof KeysUnavailableError) return problem('IDENTITY_UNAVAILABLE', error.message)
  if (error instanceof errors.JWTExpired) return problem('UNAUTHENTICATED', 'The token has expired.')
  if (error instanceof errors.JWTClaimValidationFailed) {
    return problem(
      'UNAUTHENTICATED',
      `The token's claim ${error.claim} is missing, or not one that this server accepts.`,
    )
  }
  if (error instanceof errors.JOSEError) return problem('UNAUTHENTICATED', notSigned)
  throw error
}

const notSigned = 'This server does not accept the token: its signature or its algorithm is wrong.'
