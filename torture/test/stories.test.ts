import { expect, test } from 'vitest'
import type { Outcome } from '../outcome.ts'
import { createRandom } from '../random.ts'
import { type App, apps, postingsOf, type Request } from '../requests.ts'
import { playStory, type Story, storiesWithRewards, type Teller } from '../stories.ts'

/** Returns a client's requests in 200 stories, when all are acknowledged. */
async function requestsOf(seed: number, app: App, stories?: readonly Story[]): Promise<Request[]> {
  const requests: Request[] = []
  for (let story = 1; story <= 200; story += 1) {
    const name = `${app} 1.${story}`
    const teller: Teller = {
      app,
      name,
      random: createRandom(seed, name),
      async carryOut(request) {
        requests.push(request)
        return [done]
      },
    }
    await playStory(teller, stories)
  }
  return requests
}

const entry = {
  id: '7',
  owner: 'hot 1',
  operation: 'CREDIT_ADD',
  amount: 1,
  balanceAfter: 1,
  nonce: 'n',
  transactionId: 't',
  createdOn: '2026-11-29T22:00:00.000Z',
}
const done: Outcome = {
  is: 'done',
  entries: [entry],
  hold: { id: '3', status: 'HELD' },
  projectId: '5',
  isReplay: false,
}

test.each(apps)('%s: the requests of a seed are the same each time', async (app) => {
  expect(await requestsOf(1, app)).toEqual(await requestsOf(1, app))
  expect(await requestsOf(1, app)).not.toEqual(await requestsOf(2, app))
})

test('each kind of request occurs', async () => {
  const all = [...(await requestsOf(3, 'content', storiesWithRewards)), ...(await requestsOf(3, 'freelance'))]
  const kinds = new Set(all.map(({ kind }) => kind))
  const expected: Request['kind'][] = [
    'entry',
    'reward',
    'transaction',
    'transfer',
    'hold',
    'capture',
    'release',
    'reversal',
    'refund',
    'batch',
    'content',
    'project',
    'payment',
  ]
  expect([...kinds].sort()).toEqual(expected.sort())
})

test('no nonce is drawn twice', async () => {
  const nonces = (await requestsOf(4, 'freelance')).flatMap(postingsOf).map(({ nonce }) => nonce)
  expect(new Set(nonces).size).toBe(nonces.length)
})

test('draws are spread, and the same for the same seed', () => {
  const random = createRandom('a', 1)
  const again = createRandom('a', 1)
  const drawn = Array.from({ length: 2_000 }, () => random.int(1, 10))
  expect(Array.from({ length: 2_000 }, () => again.int(1, 10))).toEqual(drawn)
  for (let number = 1; number <= 10; number += 1) {
    const times = drawn.filter((each) => each === number).length
    expect(times).toBeGreaterThan(100)
    expect(times).toBeLessThan(300)
  }
  expect(random.shuffle([1, 2, 3]).sort()).toEqual([1, 2, 3])
  expect(() => random.pick([])).toThrow(RangeError)
})
