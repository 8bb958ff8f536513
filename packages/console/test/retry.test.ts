import { Client, cacheExchange, fetchExchange } from '@urql/core'
import { expect, test } from 'vitest'
import { changedByPostings, rereadExchange } from '../src/reread.ts'
import { polled, retriedReads } from '../src/retry.ts'

/** A graph that answers with the last of these answers from then on. Null: it does not answer at all. */
function openClient(...answers: (Response | null)[]) {
  let sent = 0
  const client = new Client({
    url: 'http://ledger/graphql',
    preferGetMethod: false,
    fetch: async () => {
      const answer = answers[Math.min(sent++, answers.length - 1)]
      if (!answer) throw new TypeError('fetch failed')
      return answer.clone()
    },
    exchanges: [cacheExchange, retriedReads, rereadExchange, fetchExchange],
  })
  return { client, sent: () => sent }
}

const refused = (code: string) =>
  Response.json({ data: null, errors: [{ message: 'No.', extensions: { code, retryable: true } }] })
const read = '{ total }'
const post = 'mutation { post { __typename } }'
const total = { total: 1 }

test.each([
  ['no answer', null],
  ['a database that is away', refused('DATABASE_UNAVAILABLE')],
  ['a server that is overloaded', refused('OVERLOADED')],
  ['the page of a proxy', new Response('<p>Bad gateway</p>', { status: 502 })],
])('a read is sent again after %s, twice at most', async (_, failure) => {
  const passing = openClient(failure, failure, Response.json({ data: total }))
  expect((await passing.client.query(read, {}, changedByPostings)).data).toEqual(total)
  const failing = openClient(failure)
  expect((await failing.client.query(read, {}, changedByPostings)).error).toBeDefined()
  expect([passing.sent(), failing.sent()]).toEqual([3, 3])
})

test.each([
  ['a caller who asks too often', refused('RATE_LIMITED')],
  ['bad input', refused('VALIDATION_ERROR')],
  ['the page of a proxy that wants a key', new Response('<p>Who?</p>', { status: 401 })],
])('a read is not sent again for %s', async (_, failure) => {
  const { client, sent } = openClient(failure)
  expect((await client.query(read, {}, changedByPostings)).error).toBeDefined()
  expect(sent()).toBe(1)
})

test('neither a posting nor a read that is polled is sent again', async () => {
  const { client, sent } = openClient(null)
  expect((await client.mutation(post, {}, changedByPostings)).error).toBeDefined()
  expect((await client.query(read, {}, polled)).error).toBeDefined()
  expect(sent()).toBe(2)
})
