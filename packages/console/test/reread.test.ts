import { Client, cacheExchange, fetchExchange } from '@urql/core'
import { expect, test, vi } from 'vitest'
import { pipe, subscribe } from 'wonka'
import { rereadExchange } from '../src/reread.ts'

const read = '{ total }'
const post = 'mutation { post }'

/** A graph whose answers are given one by one. */
function openClient() {
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
  const shown: unknown[] = []
  const close = pipe(
    client.query(read, {}),
    subscribe(({ data }) => shown.push(data)),
  ).unsubscribe
  const postOnce = async () => {
    const posted = client.mutation(post, {}).toPromise()
    await vi.waitFor(() => expect(asked.at(-1)?.query).toBe(post))
    asked.at(-1)?.answer({ post: true })
    await posted
  }
  return { asked, shown, postOnce, close }
}

test('a read that is answered is asked again after a posting', async () => {
  const { asked, shown, postOnce, close } = openClient()
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  asked[0]?.answer({ total: 1 })
  await vi.waitFor(() => expect(shown).toEqual([{ total: 1 }]))
  await postOnce()
  await vi.waitFor(() => expect(asked.map(({ query }) => query)).toEqual([read, post, read]))
  asked[2]?.answer({ total: 2 })
  await vi.waitFor(() => expect(shown.at(-1)).toEqual({ total: 2 }))
  close()
})

test('a read that was asked before a posting, and is answered after it, is asked once more', async () => {
  const { asked, shown, postOnce, close } = openClient()
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  await postOnce()
  expect(asked.map(({ query }) => query)).toEqual([read, post])
  asked[0]?.answer({ total: 1 })
  await vi.waitFor(() => expect(asked).toHaveLength(3))
  asked[2]?.answer({ total: 2 })
  await vi.waitFor(() => expect(shown.at(-1)).toEqual({ total: 2 }))
  expect(asked.map(({ query }) => query)).toEqual([read, post, read])
  close()
})

test('a read that is closed is not asked again', async () => {
  const { asked, postOnce, close } = openClient()
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  close()
  await postOnce()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(asked.map(({ query }) => query)).toEqual([read, post])
})
