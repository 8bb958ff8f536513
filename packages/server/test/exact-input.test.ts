// Numbers and moments keep their written value, over REST and GraphQL.
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { createHosts } from '../src/hosts.ts'
import { listen } from '../src/listen.ts'
import { createTestApp, owner, posting, receive, rowsWritten } from './harness.ts'

const { app, get, post, graphql } = createTestApp()
const host = '127.0.0.1'
const isOwnHost = createHosts({ host, allowed: '' })
const { server } = await listen(app, { host, port: 0, isOwnHost })
afterAll(() => server.close())
const origin = `http://${host}:${(server.address() as AddressInfo).port}`

const headers = { 'content-type': 'application/json' }
const overSocket = async (path: string, body: string) =>
  receive(await fetch(origin + path, { method: 'POST', headers, body }))

/** Returns a JSON text whose first 0 is replaced by a number as written. */
const withNumber = (body: unknown, number: string) =>
  JSON.stringify(body).replace('"amount":0', `"amount":${number}`)

const mutation = (amount: string, variables: string) => `mutation ${variables} {
  postLedgerEntry(input: { ownerId: "${owner()}", operation: CREDIT_ADD, nonce: "${crypto.randomUUID()}", amount: ${amount} }) {
    ... on PostLedgerEntrySuccess { entry { amount } }
    ... on Error { code }
  }
}`

interface Way {
  readonly name: string
  readonly send: (number: string) => Promise<{ status: number; json: Answer }>
}
// biome-ignore lint/suspicious/noExplicitAny: looked into freely.
type Answer = any

const byVariable = async (number: string) => {
  const query = mutation('$amount', '($amount: SafeInt)')
  return overSocket('/graphql', withNumber({ query, variables: { amount: 0 } }, number))
}
const ways: Way[] = [
  { name: 'REST', send: (number) => overSocket('/ledger', withNumber(posting({ amount: 0 }), number)) },
  { name: 'a new document', send: byVariable },
  {
    name: 'a known document',
    async send(number) {
      const query = `mutation ($input: PostLedgerEntryInput!) {
        postLedgerEntry(input: $input) { ... on PostLedgerEntrySuccess { entry { amount } } ... on Error { code } }
      }`
      const body = (amount: string) => {
        const input = { ownerId: owner(), operation: 'CREDIT_ADD', nonce: crypto.randomUUID(), amount: 0 }
        return withNumber({ query, variables: { input } }, amount)
      }
      await overSocket('/graphql', body('-1'))
      return overSocket('/graphql', body(number))
    },
  },
]

/** Returns what was posted, or the code of the refusal. */
const outcomeOf = ({ json }: { json: Answer }) =>
  json.entry?.amount ??
  json.code ??
  json.errors?.[0].extensions.code ??
  json.data.postLedgerEntry.code ??
  json.data.postLedgerEntry.entry.amount

describe.each(ways)('over $name', ({ send }) => {
  test.each([
    ['5', 5],
    ['5.0', 5],
    ['5e0', 5],
    ['0.5E+1', 5],
    ['500000000000000000000000e-23', 5],
    [`5.${'0'.repeat(400)}`, 5],
    ['1e15', 1e15],
    ['9007199254740991', 2 ** 53 - 1],
    ['9007199254740991.0', 2 ** 53 - 1],
    ['9.007199254740991e15', 2 ** 53 - 1],
  ])('%s is posted', async (number, amount) => {
    expect(outcomeOf(await send(number))).toBe(amount)
  })

  test.each([
    '9007199254740991.4',
    '9007199254740990.6',
    '9007199254740993',
    '5.0000000000000001',
    '4.99999999999999999999',
    '0.9999999999999999999e1',
    '1e400',
    '-1e400',
    '1e-400',
    `1${'0'.repeat(400)}`,
    `5.${'0'.repeat(400)}1`,
  ])('%s is refused: it would be another number', async (number) => {
    const answer = await send(number)
    expect([answer.status, outcomeOf(answer)]).toEqual([400, 'MALFORMED_JSON'])
    const said = answer.json.detail ?? answer.json.errors[0].message
    expect(said).toContain(`The number ${number.slice(0, 50)}`)
    expect(said).toMatch(/it would become -?(\d+|Infinity)\.$/)
    expect(await rowsWritten()).toBe(0)
  })

  test.each(['1.5', '5.5e0', '0.1', '2.5e-3', '0', '-0', '0e9', '-5', '9007199254740992', '1e16', '1e23'])(
    '%s is judged by the ledger',
    async (number) => {
      expect(['VALIDATION_ERROR', 'BAD_USER_INPUT']).toContain(outcomeOf(await send(number)))
      expect(await rowsWritten()).toBe(0)
    },
  )
})

test('a literal in a document is a whole number without a point or an exponent', async () => {
  for (const number of [
    '5.0',
    '5e0',
    '9007199254740991.4',
    '5.0000000000000001',
    '1e400',
    '9007199254740993',
  ]) {
    expect((await graphql(mutation(number, ''))).json.errors[0].message, number).toContain('SafeInt')
  }
  for (const number of ['0', '-0']) {
    expect((await graphql(mutation(number, ''))).json.data.postLedgerEntry, number).toEqual({
      code: 'VALIDATION_ERROR',
    })
  }
  expect(await rowsWritten()).toBe(0)
  const { json } = await graphql(mutation('9007199254740991', ''))
  expect(json.data.postLedgerEntry.entry.amount).toBe(2 ** 53 - 1)
})

test('a numeric id is not rounded to another one, over GET either', async () => {
  const query = 'query ($id: ID!) { ledgerEntry(id: $id) { id } }'
  const read = async (id: string) =>
    (await get(`/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(`{"id":${id}}`)}`))
      .json
  expect((await read('9007199254740993')).errors[0].extensions.code).toBe('MALFORMED_JSON')
  expect(await read('9007199254740992')).toEqual({ data: { ledgerEntry: null } })
})

test('a number inside a string is text', async () => {
  const metadata = { a: ': 1e400, 9007199254740991.4', 'b\\': '"' }
  const { json } = await post(posting({ metadata }))
  expect(json.entry.metadata).toEqual(metadata)
})

test('a long text with a suspicious number is read at once', async () => {
  const long = 'x\\"'.repeat(600_000)
  const { json } = await post(`{"owner_id":"${long}","amount":1e0}`)
  expect(json.code).toBe('VALIDATION_ERROR')
})

const give = async () => (await post(posting())).json.entry.created_on as string

test('bounds finer than a millisecond are exact', async () => {
  const at = await give()
  const justAfter = at.replace('Z', '001z').replace('T', 't')
  const justBefore = new Date(Date.parse(at) - 1).toISOString().replace('Z', '9999999999Z')
  for (const [bounds, count] of [
    [`from=${justAfter}`, 0],
    [`from=${justBefore}`, 1],
    [`to=${justAfter}`, 1],
    [`to=${justBefore}`, 0],
    [`from=${justBefore}&to=${justAfter}`, 1],
  ] as const) {
    expect((await get(`/ledger/${owner()}/entries?${bounds}`)).json.entries, bounds).toHaveLength(count)
  }
  expect((await get(`/ledger/${owner()}?as_of=${justAfter}`)).json.balance).toBe(10)
  expect((await get(`/ledger/${owner()}?as_of=${justBefore}`)).json.balance).toBe(0)
  const summary = await get(`/ledger/${owner()}/summary?per=day&from=${justBefore}&to=${justAfter}`)
  expect(summary.json.lines).toMatchObject([{ count: 1 }])
  const query = `query ($after: DateTime) {
    variable: ledgerEntries(ownerId: "${owner()}", from: $after) { edges { node { amount } } }
    literal: ledgerEntries(ownerId: "${owner()}", from: "${justAfter}") { edges { node { amount } } }
    past: balance(ownerId: "${owner()}", asOf: "${justBefore}") { amount }
  }`
  expect((await graphql(query, { after: justAfter })).json.data).toEqual({
    variable: { edges: [] },
    literal: { edges: [] },
    past: { amount: 0 },
  })
})

test('a moment is written as in RFC 3339, over REST and GraphQL alike', async () => {
  const query = 'query ($at: DateTime!) { balance(ownerId: "ann", asOf: $at) { amount } }'
  const message = 'must be a date and time with its zone, such as 2026-11-21T10:15:30.000Z'
  for (const [at, isMoment] of [
    ['2026-11-21T10:15:30Z', true],
    ['2026-11-21t10:15:30.5z', true],
    ['2026-11-21T10:15:30+02:00', true],
    ['2026-11-21T10:15Z', false],
    ['2026-11-21 10:15:30Z', false],
    ['2026-02-29T10:15:30Z', false],
    ['2026-11-21T23:59:60Z', false],
    ['x" at "to"; y', false],
  ] as const) {
    const rest = await get(`/ledger/ann?as_of=${encodeURIComponent(at)}`)
    expect(rest.json.errors, at).toEqual(isMoment ? undefined : [{ field: 'as_of', message }])
    const { json } = await graphql(query, { at })
    expect(json.errors?.[0].message, at).toEqual(
      isMoment ? undefined : expect.stringContaining(`DateTime ${message}`),
    )
  }
  const both = await get('/ledger/ann/entries?from=today&to=x')
  expect(both.json.errors.map(({ field }: { field: string }) => field)).toEqual(['from', 'to'])
})
