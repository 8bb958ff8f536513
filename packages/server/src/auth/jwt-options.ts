import type { JwtOptions } from './jwt.ts'
import { type AuthSettings, macs } from './settings.ts'

/**
 * Returns which tokens the settings accept, or undefined when neither a JWKS nor a secret is set.
 *
 * @throws Error with a line for each setting that contradicts the others
 */
export function jwtOptionsOf(settings: AuthSettings): JwtOptions | undefined {
  const { LEDGER_JWT_JWKS_URL: jwksUrl, LEDGER_JWT_SECRET: secret } = settings
  const isMac = jwksUrl === undefined
  if (jwksUrl === undefined && secret === undefined) return undefined
  const algorithms = settings.LEDGER_JWT_ALGORITHMS ?? [isMac ? 'HS256' : 'RS256']
  const { LEDGER_JWT_ISSUER: issuers, LEDGER_JWT_AUDIENCE: audiences } = settings
  const wrong = [
    ...(jwksUrl !== undefined && secret !== undefined
      ? [
          'LEDGER_JWT_JWKS_URL and LEDGER_JWT_SECRET are both set. Tokens are checked by one of them: unset the other.',
        ]
      : []),
    ...algorithms
      .filter((algorithm) => macs.some((mac) => mac === algorithm) !== isMac)
      .map((algorithm) =>
        isMac
          ? `LEDGER_JWT_ALGORITHMS has ${algorithm}, which needs a public key. With LEDGER_JWT_SECRET, use some of ${macs.join(', ')}.`
          : `LEDGER_JWT_ALGORITHMS has ${algorithm}, which would use a public key as a secret. With LEDGER_JWT_JWKS_URL, use RS256 or another signature algorithm.`,
      ),
    // One JWKS signs tokens for many audiences. Only the audience claim names the one that a token is for.
    ...(isMac || issuers
      ? []
      : ['LEDGER_JWT_ISSUER must be set with LEDGER_JWT_JWKS_URL: it names who issues the tokens.']),
    ...(isMac || audiences
      ? []
      : ['LEDGER_JWT_AUDIENCE must be set with LEDGER_JWT_JWKS_URL: it names whom the tokens are for.']),
  ]
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return {
    key: jwksUrl === undefined ? { secret: new TextEncoder().encode(secret) } : { jwksUrl: new URL(jwksUrl) },
    algorithms,
    issuers,
    audiences,
    clockToleranceS: settings.LEDGER_JWT_CLOCK_TOLERANCE,
    scopesClaim: settings.LEDGER_JWT_SCOPES_CLAIM,
    ownerClaim: settings.LEDGER_JWT_OWNER_CLAIM,
  }
}
