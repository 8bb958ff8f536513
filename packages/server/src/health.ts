import { setTimeout as delay } from 'node:timers/promises'
import { jsonAnswer } from './answer.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'
import { shareCalls } from './share-calls.ts'

const timeoutMs = 2000

/** What is asked of the database. */
export type Ping = () => Promise<{ readonly takesPostings: boolean }>

type Health = 'healthy' | 'read-only' | 'unhealthy'

/**
 * Whether the database answers soon enough, and takes postings: one that is read-only still serves reads. The reason why
 * not stays in the server's log. However many ask, the database is asked once at a time.
 */
export function healthEndpoint(ping: Ping, onFault: (error: unknown) => void): Endpoint {
  const ask = shareCalls(() =>
    inTime(ping()).catch((error): Health => {
      onFault(error)
      return 'unhealthy'
    }),
  )
  return getEndpoint(async () => {
    const status = await ask()
    return jsonAnswer({
      status: status === 'unhealthy' ? 503 : 200,
      headers: { 'content-type': 'application/json' },
      body: { status },
      outcome: status === 'unhealthy' ? 'DATABASE_UNAVAILABLE' : 'ok',
    })
  })
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
