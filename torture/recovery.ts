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
  /** The owners to post to: on a cluster, one in each shard. */
  readonly owners: readonly string[]
  /** The number of the round that is over, and its end. */
  readonly round: number
  readonly since: number
  readonly stopped: AbortSignal
}

/** How often a server is tried. */
const everyMs = 200

/** A posting that takes this long is not coming. */
const patienceMs = 180_000

/**
 * Posts to a server until one posting to each owner is acknowledged.
 *
 * @throws Error when one is not acknowledged within three minutes, or the run is stopped
 */
export async function untilBack(server: AppServer, waiting: Waiting): Promise<Recovery> {
  const all = await Promise.all(waiting.owners.map((owner) => untilPosted(server, owner, waiting)))
  return { server, ms: Math.max(...all) - waiting.since }
}

/** Returns when a posting was acknowledged. Each time a new attempt begins, whatever became of those before. */
async function untilPosted(
  { app, name, url }: AppServer,
  owner: string,
  { journal, owners, round, since, stopped }: Waiting,
): Promise<number> {
  // The more owners, the rarer each one's attempts: all of them together must not be a load.
  const pauseMs = everyMs * owners.length ** 2
  let backAt: number | undefined
  const probe = async (attempt: number) => {
    const request: Request = {
      kind: 'entry',
      nonce: `${owner}, ${round}.${attempt}`,
      line: { owner, operation: 'CREDIT_ADD', amount: 1 },
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
      throw new Error(
        `${name} did not post to ${owner} within ${patienceMs / 1000} s of the end of round ${round}.`,
      )
    const sent = probe(attempt)
    probes.push(sent)
    await Promise.race([sent, sleep(pauseMs)])
    if (backAt === undefined) await sleep(pauseMs / 4)
  }
  await Promise.all(probes)
  return backAt
}
