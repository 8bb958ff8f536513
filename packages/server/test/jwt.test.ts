import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createJwt, type JwtOptions } from '../src/auth/jwt.ts'
import { eventsOf, openStream } from './event-stream.ts'
import { owner } from './harness.ts'
import { bearer, refusalOf, serveWith } from './serve-keys.ts'

const secret = 'a secret of 32 bytes, which both know'
const issuer = 'https://issuer.example'
const audience = 'shared-ledger'
const { publicKey, privateKey } = await generateKeyPair('RS256')
const other = await generateKeyPair('RS256')
const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }

/** An identity provider whose answers a test can break. */
const provider = { status: 200, body: '' }
const http = createServer((_request, response) => {
  response.writeHead(provider.status, { 'content-type': 'application/json' })
  response.end(provider.body || JSON.stringify({ keys: [jwk] }))
})
let jwksUrl: string
beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  jwksUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks`
})
afterAll(() => void http.close())

const bySecret = (claims: JWTPayload, { alg = 'HS256', key = secret, exp = '1h' } = {}) => {
  const token = new SignJWT(claims).setProtectedHeader({ alg })
  if (exp) token.setExpirationTime(exp)
  return token.sign(new TextEncoder().encode(key))
}
const byKey = (claims: JWTPayload, { kid = 'one', key = privateKey, alg = 'RS256' } = {}) =>
  new SignJWT({ iss: issuer, aud: audience, ...claims })
    .setProtectedHeader({ alg, kid })
    .setExpirationTime('1h')
    .sign(key)

const options = (changes: Partial<JwtOptions> = {}): JwtOptions => ({
  key: { secret: new TextEncoder().encode(secret) },
  algorithms: ['HS256'],
  issuers: undefined,
  audiences: undefined,
  clockToleranceS: 5,
  scopesClaim: 'scope',
  ownerClaim: 'owner',
  ...changes,
})
const jwks = (changes: Partial<JwtOptions> = {}) =>
  options({
    key: { jwksUrl: new URL(jwksUrl) },
    algorithms: ['RS256'],
    issuers: [issuer],
    audiences: [audience],
    ...changes,
  })

describe('the principal of a token', () => {
  test.each<[JWTPayload, object]>([
    [
      { sub: 'ci', scope: 'read post openid' },
      { name: 'ci', scopes: ['read', 'post'] },
    ],
    [
      { sub: 'ci', scope: ['post', 'email', 7] },
      { name: 'ci', scopes: ['post'] },
    ],
    [{ scope: 'openid' }, { name: expect.stringMatching(/^token [0-9a-f]{12}$/), scopes: [] }],
    [{ sub: 'ci' }, { name: 'ci', scopes: [] }],
    [{ scope: { read: true } }, { name: expect.stringMatching(/^token [0-9a-f]{12}$/), scopes: [] }],
    [{ scope: 'READ reader' }, { name: expect.stringMatching(/^token [0-9a-f]{12}$/), scopes: [] }],
    [
      { sub: 'ada', owner: 'ada-1' },
      { name: 'ada', owner: 'ada-1' },
    ],
    [
      { sub: 'ada', owner: 'ada-1', scope: 'read admin' },
      { name: 'ada', owner: 'ada-1' },
    ],
  ])('%j', async (claims, principal) => {
    const identified = await createJwt(options()).identify(await bySecret(claims))
    expect(identified).toEqual({ ...principal, ends: expect.any(AbortSignal) })
  })

  test.each([7, null, '', ['ada'], { id: 'ada' }, true])('is refused when the owner is %j', async (given) => {
    const token = await bySecret({ scope: 'read', owner: given })
    expect(await createJwt(options()).identify(token)).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('is read from the claims in the settings', async () => {
    const jwt = createJwt(options({ scopesClaim: 'https://x/permissions', ownerClaim: undefined }))
    const token = await bySecret({ owner: 'ada', scope: 'admin', 'https://x/permissions': 'read' })
    expect(await jwt.identify(token)).toMatchObject({ scopes: ['read'] })
  })
})

describe('a token is refused', () => {
  const now = Math.floor(Date.now() / 1000)
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

  test.each<[string, () => Promise<string> | string]>([
    [
      'without a signature',
      () => `${encoded({ alg: 'none' })}.${encoded({ scope: 'admin', exp: now + 60 })}.`,
    ],
    ['of a secret that is another', () => bySecret({}, { key: `${secret}!` })],
    ['of another algorithm', () => bySecret({}, { alg: 'HS512' })],
    ['that never expires', () => bySecret({}, { exp: '' })],
    ['that has expired', () => bySecret({ exp: now - 6 }, { exp: '' })],
    ['that is not valid yet', () => bySecret({ nbf: now + 60 })],
    ['whose expiry is text', () => bySecret({ exp: 'never' as never }, { exp: '' })],
    ['that is no token', () => 'a.b.c'],
    [
      'that names an extension',
      () =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'HS256', crit: ['b64'], b64: true })
          .setExpirationTime('1h')
          .sign(new TextEncoder().encode(secret))
          .then((token) => token.replace(/\.[^.]+$/, '.AAAA')),
    ],
  ])('%s', async (_, token) => {
    expect(await createJwt(options()).identify(await token())).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test.each<[string, () => Promise<string>]>([
    ['whose key is another one of the name', () => byKey({}, { key: other.privateKey })],
    ['whose key there is not', () => byKey({}, { kid: 'two', key: other.privateKey })],
    ['of another issuer', () => byKey({ iss: 'https://other.example' })],
    ['for another audience', () => byKey({ aud: 'other' })],
    ['without an audience', () => byKey({ aud: [] })],
    [
      'that takes the public key for a secret',
      async () => {
        const key = new TextEncoder().encode(JSON.stringify(jwk))
        return new SignJWT({ iss: issuer, aud: audience })
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .setExpirationTime('1h')
          .sign(key)
      },
    ],
  ])('%s', async (_, token) => {
    expect(await createJwt(jwks()).identify(await token())).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('with a message about what was wrong, without secrets', async () => {
    const jwt = createJwt(options())
    const messageFor = async (token: string) => Object(await jwt.identify(token)).message
    expect(await messageFor(await bySecret({ exp: now - 6 }, { exp: '' }))).toBe('The token has expired.')
    expect(await messageFor(await bySecret({}, { exp: '' }))).toMatch(/claim exp is missing/)
    expect(await messageFor(await bySecret({}, { key: `${secret}!` }))).toMatch(/its signature/)
  })
})

test('a token within the tolerance is accepted', async () => {
  const now = Math.floor(Date.now() / 1000)
  const token = await bySecret({ scope: 'read', exp: now - 20 }, { exp: '' })
  expect(await createJwt(options({ clockToleranceS: 60 })).identify(token)).toMatchObject({
    scopes: ['read'],
  })
})

describe('a server', () => {
  const settings = () => ({
    LEDGER_JWT_JWKS_URL: jwksUrl,
    LEDGER_JWT_ISSUER: issuer,
    LEDGER_JWT_AUDIENCE: audience,
    LEDGER_JWT_OWNER_CLAIM: 'owner',
  })

  test('accepts tokens on every path, and refuses wrong ones', async () => {
    const token = await byKey({ sub: 'partner', scope: 'read post correct admin' })
    const { ways, lines } = await serveWith(settings())
    for (const [way, ask] of Object.entries(ways)) {
      expect([way, (await ask(bearer(token))).status]).toEqual([way, way === 'no route' ? 404 : 200])
      expect(lines.at(-1)).toMatchObject({ principal: 'partner' })
      expect((await ask()).status).toBe(401)
      expect((await ask(bearer(token.slice(0, -3)))).status).toBe(401)
    }
  })

  test.each([
    ['that fails', 500, ''],
    ['that moved', 302, ''],
    ['that is no JSON', 200, '<html>'],
    ['that has no keys', 200, '{}'],
  ])('answers 503 when it cannot get the keys: a provider %s', async (_, status, body) => {
    const token = await byKey({ scope: 'read' })
    Object.assign(provider, { status, body })
    const { ways } = await serveWith(settings())
    const refused = await ways.rest(bearer(token))
    Object.assign(provider, { status: 200, body: '' })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
    expect(refusalOf(refused).code).toBe('IDENTITY_UNAVAILABLE')
    expect(refused.text).not.toContain('127.0.0.1')
    expect((await ways.rest(bearer(token))).status).toBe(200)
  })

  test('answers 503 when nobody answers at the address of the keys', async () => {
    const token = await byKey({ scope: 'read' })
    const { ways } = await serveWith({ ...settings(), LEDGER_JWT_JWKS_URL: 'http://127.0.0.1:1/jwks' })
    expect((await ways.rest(bearer(token))).status).toBe(503)
  })

  test('ends a subscription when its token expires', async () => {
    const { server } = await serveWith({ LEDGER_JWT_SECRET: secret, LEDGER_JWT_CLOCK_TOLERANCE: '0' })
    const exp = Math.floor(Date.now() / 1000) + 5
    const token = await bySecret({ scope: 'read', exp }, { exp: '' })
    const query = `subscription { ledgerEntryPosted(ownerId: "${owner()}") { cursor } }`
    const response = await openStream(server.url, { query }, bearer(token))
    expect(response.statusCode).toBe(200)
    const events = eventsOf(response)
    expect((await events.next()).value).toMatchObject({
      event: 'next',
      data: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    })
    expect((await events.next()).value).toMatchObject({ event: 'complete' })
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000)
  })
})
