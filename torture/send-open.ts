import type { Journal } from './journal.ts'
import { createRandom } from './random.ts'
import type { App } from './requests.ts'
import { send, ways } from './ways/index.ts'

const senders = 8

/** Sends each request that is still open until it is answered, by any way to any server, or until the time is over. */
export async function sendOpen(
  journal: Journal,
  options: {
    readonly seed: number
    urlsOf(app: App): readonly string[]
    readonly patienceMs: number
  },
): Promise<void> {
  const { seed, urlsOf, patienceMs } = options
  const until = performance.now() + patienceMs
  const random = createRandom(seed, 'settling')
  const open = [...journal.openRequests]
  const work = async () => {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { app, request } = next
      for (let isAnswered = false; !isAnswered && performance.now() < until; ) {
        const way = random.pick(ways)
        const outcomes = await send(random.pick(urlsOf(app)), request, way)
        const source = { app, request, way, circumstances: 'after all faults' }
        isAnswered = journal.take(source, outcomes)
      }
    }
  }
  await Promise.all(Array.from({ length: senders }, work))
}
