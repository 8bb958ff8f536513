import { createHash } from 'node:crypto'
import { type Principal, type Scope, scopes } from '@shared-ledger/ledger/facts'
import { Problem, problem } from '@shared-ledger/rest'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Credentials } from './credentials.ts'
import { followExpiry } from './expiry.ts'

/** Which tokens are accepted. */
export interface JwtOptions {
  /** Where the public keys are, or the secret that both sides know. */
  readonly key: { readonly jwksUrl: URL } | { readonly secret: Uint8Array }
  /** The only ones, whatever a token names. */
  readonly algorithms: readonly string[]
  readonly issuers: readonly string[] | undefined
  readonly audiences: readonly string[] | undefined
  readonly clockToleranceS: number
  /** The claim that has scopes: a text with spaces between them, or a list. Others than ours are left aside. */
  readonly scopesClaim: string
  /** The claim that has the owner whose account its bearer reads; undefined: no token is an owner's. */
  readonly ownerClaim: string | undefined
}

/** How long the server of a JWKS may take: less than a request has to be identified. */
const jwksTimeoutMs = 2_000

/** Identifies requests by JSON Web Tokens, which somebody else makes. */
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

/** Who bears a token. @throws Problem on a claim that is not as it should be */
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

/** What a token without `sub` is called: no two count as one caller. */
function nameOf(token: string): string {
  return `token ${createHash('sha256').update(token).digest('hex').slice(0, 12)}`
}

function ourScopes(given: unknown): Scope[] {
  return Array.isArray(given) ? scopes.filter((scope) => given.includes(scope)) : []
}

/** Where the keys cannot be had: no fault of the token. */
class KeysUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The keys with which tokens are checked cannot be fetched now. Nothing was done. Try again.', {
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

/** The JWKS is there, and has not one key for this token. */
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
      `The token's claim ${error.claim} is missing, or not what this server takes.`,
    )
  }
  if (error instanceof errors.JOSEError) return problem('UNAUTHENTICATED', notSigned)
  throw error
}

const notSigned = 'The token is not one that this server takes: its signature or its algorithm is another.'
