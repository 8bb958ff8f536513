import { setTimeout as sleep } from 'node:timers/promises'
import type { Journal } from './journal.ts'
import type { Request } from './requests.ts'
import type { AppServer } from './servers/app-server.ts'
import { send } from './ways/index.ts'

/** How soon a server posted again after a fault, in milliseconds. */
interface Recovery {
  readonly server: AppServer
  readonly ms: number
}

interface Waiting {
  readonly journal: Journal
  /** The number of the round that is over, and its end. */
  readonly round: number
  readonly since: number
  readonly stopped: AbortSignal
}

const everyMs = 200

/** A posting that takes this long is not coming. */
const patienceMs = 180_000

/**
 * Posts to a server until one posting is acknowledged. Each time a new attempt begins, whatever became of those before.
 *
 * @throws Error when none is acknowledged within three minutes, or the run is stopped
 */
export async function untilBack(
  server: AppServer,
  { journal, round, since, stopped }: Waiting,
): Promise<Recovery> {
  const { app, name, url } = server
  let backAt: number | undefined
  const probe = async (attempt: number) => {
    const request: Request = {
      kind: 'entry',
      nonce: `probe ${name}, ${round}.${attempt}`,
      line: { owner: `probe ${name}`, operation: 'CREDIT_ADD', amount: 1 },
    }
    journal.begin(app, request)
    const way = 'REST'
    const outcomes = await send(url, request, way)
    journal.take({ app, request, way, circumstances: `to ${name} after round ${round}` }, outcomes)
    if (outcomes[0]?.is === 'done') backAt ??= performance.now()
  }
  const probes: Promise<void>[] = []
  for (let attempt = 1; backAt === undefined; attempt += 1) {
    stopped.throwIfAborted()
    if (performance.now() - since > patienceMs)
      throw new Error(`${name} did not post within ${patienceMs / 1000} s of the end of round ${round}.`)
    const sent = probe(attempt)
    probes.push(sent)
    await Promise.race([sent, sleep(everyMs)])
    if (backAt === undefined) await sleep(everyMs / 4)
  }
  await Promise.all(probes)
  return { server, ms: backAt - since }
}
