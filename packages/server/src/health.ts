import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, jsonAnswer } from './answer.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'
import { shareCalls } from './share-calls.ts'

const timeoutMs = 2000

/** What probes ask. They are answered whatever else there is to do, whoever asks. */
export const probes: ReadonlySet<string> = new Set(['/health', '/livez', '/readyz'])

/** What is asked of the database. */
export type Ping = () => Promise<{ readonly takesPostings: boolean }>

type Health = 'healthy' | 'read-only' | 'unhealthy'

/**
 * `/health`: whether the database answers soon enough, and takes postings: one that is read-only still serves reads. The
 * reason why not stays in the server's log. However many ask, the database is asked once at a time.
 * `/livez`: whether this process answers; a database that is away is no reason to end it.
 * `/readyz`: whether requests should be sent here: the same as `/health`, until the process is told to stop.
 */
export function probeEndpoints(
  ping: Ping,
  { onFault, isStopping }: { onFault: (error: unknown) => void; isStopping: () => boolean },
): Record<string, Endpoint> {
  const ask = shareCalls(() =>
    inTime(ping()).catch((error): Health => {
      onFault(error)
      return 'unhealthy'
    }),
  )
  const health = async () => {
    const status = await ask()
    return status === 'unhealthy'
      ? statusAnswer(503, status, 'DATABASE_UNAVAILABLE')
      : statusAnswer(200, status)
  }
  return {
    '/health': getEndpoint(health),
    '/livez': getEndpoint(async () => statusAnswer(200, 'alive')),
    '/readyz': getEndpoint(async () => (isStopping() ? statusAnswer(503, 'stopping', 'STOPPING') : health())),
  }
}

function statusAnswer(code: number, status: string, outcome = 'ok'): Answer {
  const headers = { 'content-type': 'application/json' }
  return jsonAnswer({ status: code, headers, body: { status }, outcome })
}

async function inTime(ping: ReturnType<Ping>): Promise<Health> {
  const timer = new AbortController()
  const late = delay(timeoutMs, 'unhealthy' as const, { signal: timer.signal })
  try {
    const answered = ping.then(({ takesPostings }) => (takesPostings ? 'healthy' : 'read-only'))
    return await Promise.race([answered, late])
  } finally {
    timer.abort()
    late.catch(() => {})
  }
}
