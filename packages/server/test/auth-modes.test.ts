import { scopes } from '@shared-ledger/ledger/facts'
import { describe, expect, test } from 'vitest'
import { ledger } from './harness.ts'
import { bearer, makeKey, refusalOf, serveWith } from './serve-keys.ts'

const secret = 'a secret of 32 bytes, which both know'

describe('without LEDGER_AUTH', () => {
  test('and without any key ever, a server is open on loopback, and logs this and how to close it', async () => {
    const { ways, lines } = await serveWith({})
    expect((await ways['rest posting']()).status).toBe(200)
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: expect.stringMatching(
          /^Open to this machine: .*npx shared-ledger keys create content --name ci/,
        ),
      }),
    )
  })

  test.each(['0.0.0.0', '::', '192.168.0.1', 'ledger.example.org'])(
    'and no key was ever made, none starts at %s, and says what to do',
    async (HOST) => {
      const refusal = await serveWith({ HOST }).catch(String)
      expect(refusal).toContain(`HOST is ${HOST}, which lets other machines in`)
      expect(refusal).toContain('npx shared-ledger keys create content')
      expect(refusal).toContain('LEDGER_AUTH=none')
    },
  )

  test.each(['localhost', '127.0.0.1', '127.8.8.8'])('%s is loopback', async (HOST) => {
    const { lines } = await serveWith({ HOST })
    expect(lines).toContainEqual(expect.objectContaining({ msg: expect.stringContaining('Open to') }))
  })

  test('tokens are required when they can be checked', async () => {
    const { ways, lines } = await serveWith({ LEDGER_JWT_SECRET: secret, HOST: '0.0.0.0' })
    expect((await ways.rest()).status).toBe(401)
    expect(lines).not.toContainEqual(expect.objectContaining({ msg: expect.stringContaining('Open') }))
  })

  test('the first key closes servers from their next start on, and revoking it does not open them', async () => {
    const before = await serveWith({})
    const { text, revoke } = await makeKey({ scopes: ['read'] })
    expect((await before.ways.rest()).status).toBe(200)
    const after = await serveWith({ HOST: '0.0.0.0' })
    expect((await after.ways.rest()).status).toBe(401)
    expect((await after.ways.rest(bearer(text))).status).toBe(200)
    await revoke()
    const last = await serveWith({})
    expect((await last.ways.rest()).status).toBe(401)
    await expect.poll(async () => (await last.ways.rest(bearer(text))).status).toBe(401)
  })

  test('keys stay required beside tokens, once one was made', async () => {
    const { text } = await makeKey({ scopes: ['read'] })
    const { ways } = await serveWith({ LEDGER_JWT_SECRET: secret })
    expect((await ways.rest(bearer(text))).status).toBe(200)
    expect((await ways.rest()).status).toBe(401)
  })

  test('a server does not start open when the database cannot say whether there are keys', async () => {
    const wereMade = async () => {
      throw new Error('It is away.')
    }
    await expect(serveWith({}, { keys: { ...ledger.keys, wereMade } })).rejects.toThrow('It is away.')
  })
})

describe('LEDGER_AUTH', () => {
  test('none opens a server beyond loopback, with a warning, even when there are keys', async () => {
    await makeKey({ scopes: ['read'] })
    const { ways, lines } = await serveWith({ LEDGER_AUTH: 'none', HOST: '0.0.0.0' })
    expect((await ways.rest()).status).toBe(200)
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 40, msg: expect.stringContaining('LEDGER_AUTH is none') }),
    )
  })

  test('keys accepts no tokens, and jwt no keys', async () => {
    const { text } = await makeKey({ scopes })
    const token = 'eyJhbGciOiJIUzI1NiJ9.e30.abc'
    const byKeys = await serveWith({ LEDGER_AUTH: 'keys', LEDGER_JWT_SECRET: secret })
    expect(refusalOf(await byKeys.ways.rest(bearer(token))).message).toContain('neither a key nor a token')
    expect(byKeys.lines).toContainEqual(
      expect.objectContaining({ msg: expect.stringContaining('tokens are refused') }),
    )
    const byTokens = await serveWith({ LEDGER_AUTH: 'jwt', LEDGER_JWT_SECRET: secret })
    expect((await byTokens.ways.rest(bearer(text))).status).toBe(401)
  })

  test.each([
    [{ LEDGER_AUTH: 'jwt' }, 'LEDGER_AUTH has jwt, and neither LEDGER_JWT_JWKS_URL nor LEDGER_JWT_SECRET'],
    [{ LEDGER_AUTH: 'keys,none' }, 'LEDGER_AUTH must be some of none, keys, jwt'],
    [{ LEDGER_AUTH: 'Keys' }, 'LEDGER_AUTH must be some of none, keys, jwt'],
    [{ LEDGER_JWT_SECRET: secret, LEDGER_JWT_ALGORITHMS: 'RS256' }, 'which needs a public key'],
    [
      { LEDGER_JWT_SECRET: secret, LEDGER_JWT_JWKS_URL: 'https://issuer.example/jwks' },
      'LEDGER_JWT_JWKS_URL and LEDGER_JWT_SECRET are both set',
    ],
    [
      { LEDGER_JWT_JWKS_URL: 'https://issuer.example/jwks', LEDGER_JWT_ALGORITHMS: 'RS256,HS256' },
      'LEDGER_JWT_ALGORITHMS has HS256, which would use a public key as a secret',
    ],
    [{ LEDGER_JWT_JWKS_URL: 'https://issuer.example/jwks' }, 'LEDGER_JWT_ISSUER must be set'],
    [{ LEDGER_JWT_JWKS_URL: 'https://issuer.example/jwks' }, 'LEDGER_JWT_AUDIENCE must be set'],
  ])('%j starts no server', async (settings, reason) => {
    await expect(serveWith(settings)).rejects.toThrow(reason)
  })

  test('does not apply to an app with its own identify, which may listen anywhere', async () => {
    const identify = () => ({ name: 'everybody', scopes })
    const { ways, lines } = await serveWith({ LEDGER_AUTH: 'keys', HOST: '0.0.0.0' }, { identify })
    expect((await ways.rest()).status).toBe(200)
    expect(lines).not.toContainEqual(expect.objectContaining({ msg: expect.stringContaining('Open') }))
  })
})

describe('without a key', () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

  test.each([
    ['/', html],
    ['/docs', html],
    ['/docs/swagger-ui.css', {}],
    ['/docs/start.js', {}],
    ['/redoc', html],
    ['/graphql', html],
    ['/graphql/start.js', {}],
    ['/graphql/key.js', {}],
    ['/openapi.json', {}],
    ['/problems', html],
    ['/problems/unauthenticated', {}],
    ['/health', {}],
    ['/livez', {}],
  ])('%s is open', async (path, headers) => {
    const { ask } = await serveWith({ LEDGER_AUTH: 'keys' })
    expect((await ask(path, headers)).status).toBe(200)
  })

  test.each([
    ['the graph by GET', '/graphql?query=%7B__typename%7D', { accept: 'application/json' }],
    ['the graph by GET, whatever is taken', '/graphql?query=%7B__typename%7D', {}],
    [
      'the graph by GET, a page at last',
      '/graphql?query=%7B__typename%7D',
      { accept: '*/*,text/html;q=0.1' },
    ],
    ['operations', '/operations', {}],
    ['a balance', '/balance/ada', html],
    ['a path that is nothing', '/nowhere', html],
    ['a page by another path', '//docs', html],
    ['a page by another path', '/docs/../ledger/ada', html],
    ['a page behind a balance', '/balance/docs', html],
  ])('%s is closed', async (_, path, headers) => {
    const { ask } = await serveWith({ LEDGER_AUTH: 'keys' })
    expect((await ask(path, headers)).status).toBe(401)
  })

  test('only a page is open, whatever else is sent to its path', async () => {
    const { ask } = await serveWith({ LEDGER_AUTH: 'keys' })
    const query = { query: '{ __typename }' }
    expect((await ask('/graphql', html, query)).status).toBe(401)
    expect((await ask('/docs', html, query)).status).toBe(401)
    expect((await ask('/graphql?query=%7B__typename%7D', html)).text).toContain('<!doctype html>')
  })
})

describe('GRAPHIQL=off', () => {
  test('removes the page and its files, and the graph stays', async () => {
    const { ask, ways } = await serveWith({ GRAPHIQL: 'off', LEDGER_AUTH: 'none' })
    expect((await ask('/graphql', { accept: 'text/html' })).status).toBe(406)
    for (const file of ['graphiql.js', 'graphiql.css', 'start.js', 'key.js']) {
      expect((await ask(`/graphql/${file}`, {})).status).toBe(404)
    }
    expect((await ask('/', {})).text).not.toContain('GraphiQL')
    expect((await ways.graphql()).status).toBe(200)
  })

  test('lets nobody in who asks for the page', async () => {
    const { ask } = await serveWith({ GRAPHIQL: 'off', LEDGER_AUTH: 'keys' })
    expect((await ask('/graphql?query=%7B__typename%7D', { accept: 'text/html' })).status).toBe(401)
  })
})

describe('INTROSPECTION=off', () => {
  test.each([
    '{ __schema { queryType { name } } }',
    '{ __type(name: "Query") { name } }',
    '{ a: __schema { types { name } } __typename }',
    'query ($id: String = "ada") { balance(ownerId: $id) { amount } ...More } fragment More on Query { __schema { types { name } } }',
  ])('refuses %s each time, on every path', async (query) => {
    const { ask } = await serveWith({ INTROSPECTION: 'off', LEDGER_AUTH: 'none' })
    for (let time = 0; time < 3; time += 1) {
      const posted = await ask('/graphql', {}, { query })
      const got = await ask(`/graphql?query=${encodeURIComponent(query)}`, {})
      for (const { text } of [posted, got]) {
        expect(JSON.parse(text).errors[0].message).toMatch(/introspection/i)
        expect(JSON.parse(text).data).toBeUndefined()
      }
    }
  })

  const wrong = (fields: object) => ({
    query: 'mutation ($input: PostLedgerEntryInput!) { postLedgerEntry(input: $input) { __typename } }',
    variables: {
      input: { ownerId: 'ada', operation: 'CREDIT_ADD', amount: 1, nonce: crypto.randomUUID(), ...fields },
    },
  })

  test.each<[string, { query: string; variables?: object }]>([
    ['a field', { query: '{ balanc(ownerId: "ada") { amount } }' }],
    ['an argument', { query: '{ balance(ownerID: "ada") { amount } }' }],
    ['a type', { query: '{ balance(ownerId: "ada") { ...More } } fragment More on LedgerEntr { id }' }],
    [
      'a field of an input',
      { query: 'mutation { postLedgerEntry(input: { ownerID: "ada" }) { __typename } }' },
    ],
    ['an enum', { query: 'mutation { postLedgerEntry(input: { operation: CREDIT_AD }) { __typename } }' }],
    ['an enum in a variable', wrong({ operation: 'CREDIT_AD' })],
    ['a field of a variable', wrong({ ownerID: 'ada' })],
    ['a field of a subscription', { query: 'subscription { ledgerEntryPoste { id } }' }],
  ])('suggests no name for %s', async (_, body) => {
    const usual = await serveWith({ LEDGER_AUTH: 'none' })
    expect((await usual.ask('/graphql', {}, body)).text).toContain('Did you mean')
    const { ask } = await serveWith({ INTROSPECTION: 'off', LEDGER_AUTH: 'none' })
    for (let time = 0; time < 2; time += 1) {
      const { text } = await ask('/graphql', {}, body)
      expect(JSON.parse(text).errors).not.toEqual([])
      expect(text).not.toContain('Did you mean')
    }
  })

  test('reveals nothing in the answer to a known document either', async () => {
    const { ask } = await serveWith({ INTROSPECTION: 'off', LEDGER_AUTH: 'none' })
    for (let time = 0; time < 2; time += 1) {
      expect((await ask('/graphql', {}, wrong({ nonce: crypto.randomUUID() }))).status).toBe(200)
    }
    const { text } = await ask('/graphql', {}, wrong({ operation: 'CREDIT_AD' }))
    expect(text).toContain('does not exist')
    expect(text).not.toContain('Did you mean')
  })

  test('answers everything else, with the names of types', async () => {
    const { ask, ways } = await serveWith({ INTROSPECTION: 'off', LEDGER_AUTH: 'none' })
    for (let time = 0; time < 3; time += 1) {
      expect(JSON.parse((await ask('/graphql', {}, { query: '{ __typename }' })).text)).toEqual({
        data: { __typename: 'Query' },
      })
    }
    expect((await ways.rest()).status).toBe(200)
  })
})
