import { Client, cacheExchange, fetchExchange } from '@urql/core'
import { expect, test, vi } from 'vitest'
import { pipe, subscribe } from 'wonka'
import { changedByPostings, rereadExchange } from '../src/reread.ts'

const read = '{ total { amount } }'
const post = 'mutation { post { __typename } }'
const sent = { read: /^\{ total/, post: /^mutation/ }

/** A graph whose answers are given one by one. Its reads and its mutation have a type in common only if `type` is. */
function openClient({ type = 'Total' } = {}) {
  const asked: { query: string; answer: (data: object) => void }[] = []
  const client = new Client({
    url: 'http://ledger/graphql',
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
    fetch: async (_url, init) => {
      const { query } = JSON.parse(String(init?.body))
      return new Promise((resolve) => {
        const answer = (data: object) => resolve(Response.json({ data }))
        asked.push({ query: query.replace(/\s+/g, ' ').trim(), answer })
      })
    },
    exchanges: [cacheExchange, rereadExchange, fetchExchange],
  })
  return {
    asked,
    /** Shows the read, and collects its amounts. */
    open() {
      const shown: (number | undefined)[] = []
      const close = pipe(
        client.query<{ total: { amount: number } }>(read, {}, changedByPostings),
        subscribe(({ data }) => shown.push(data?.total.amount)),
      ).unsubscribe
      return { shown, close }
    },
    async expectAsked(...wanted: RegExp[]) {
      await vi.waitFor(() => expect(asked).toHaveLength(wanted.length))
      for (const [at, pattern] of wanted.entries()) expect(asked[at]?.query).toMatch(pattern)
    },
    answerRead: (at: number, amount: number) => asked[at]?.answer({ total: { __typename: 'Total', amount } }),
    async postOnce() {
      const posted = client.mutation(post, {}, changedByPostings).toPromise()
      await vi.waitFor(() => expect(asked.at(-1)?.query).toMatch(sent.post))
      asked.at(-1)?.answer({ post: { __typename: type } })
      await posted
    },
  }
}

test.each(['Total', 'Entry'])('a read is asked again after a posting that answers with %s', async (type) => {
  const { open, expectAsked, answerRead, postOnce } = openClient({ type })
  const { shown, close } = open()
  await expectAsked(sent.read)
  answerRead(0, 1)
  await vi.waitFor(() => expect(shown).toEqual([1]))
  await postOnce()
  await expectAsked(sent.read, sent.post, sent.read)
  answerRead(2, 2)
  await vi.waitFor(() => expect(shown.at(-1)).toBe(2))
  close()
})

test('a read under way at a posting is asked once more after its answer', async () => {
  const { open, expectAsked, answerRead, postOnce } = openClient()
  const { shown, close } = open()
  await expectAsked(sent.read)
  await postOnce()
  await expectAsked(sent.read, sent.post)
  answerRead(0, 1)
  await expectAsked(sent.read, sent.post, sent.read)
  answerRead(2, 2)
  await vi.waitFor(() => expect(shown.at(-1)).toBe(2))
  await expectAsked(sent.read, sent.post, sent.read)
  close()
})

test('a read with a cached answer that is under way at a posting shows the latest answer last', async () => {
  const { open, expectAsked, answerRead, postOnce } = openClient()
  const first = open()
  await expectAsked(sent.read)
  answerRead(0, 1)
  await vi.waitFor(() => expect(first.shown).toEqual([1]))
  first.close()
  const { shown, close } = open()
  await expectAsked(sent.read, sent.read)
  expect(shown).toEqual([1])
  await postOnce()
  await expectAsked(sent.read, sent.read, sent.post)
  answerRead(1, 1)
  await expectAsked(sent.read, sent.read, sent.post, sent.read)
  answerRead(3, 2)
  await vi.waitFor(() => expect(shown.at(-1)).toBe(2))
  close()
})

test('what a closed read has shown is not shown after a posting', async () => {
  const { open, expectAsked, answerRead, postOnce } = openClient({ type: 'Entry' })
  const first = open()
  await expectAsked(sent.read)
  answerRead(0, 1)
  await vi.waitFor(() => expect(first.shown).toEqual([1]))
  first.close()
  await postOnce()
  const { shown, close } = open()
  await expectAsked(sent.read, sent.post, sent.read)
  answerRead(2, 2)
  await vi.waitFor(() => expect(shown).toEqual([2]))
  close()
})
