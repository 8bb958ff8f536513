import { setTimeout as delay } from 'node:timers/promises'
import { jsonAnswer } from './answer.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'

const timeoutMs = 2000

/** Whether the database answers soon enough. The reason why not stays in the server's log. */
export function healthEndpoint(ping: () => Promise<void>, onFault: (error: unknown) => void): Endpoint {
  return getEndpoint(async () => {
    const healthy = await inTime(ping()).catch((error) => {
      onFault(error)
      return false
    })
    return jsonAnswer({
      status: healthy ? 200 : 503,
      headers: { 'content-type': 'application/json' },
      body: { status: healthy ? 'healthy' : 'unhealthy' },
      outcome: healthy ? 'ok' : 'DATABASE_UNAVAILABLE',
    })
  })
}

async function inTime(ping: Promise<void>): Promise<boolean> {
  const timer = new AbortController()
  const late = delay(timeoutMs, false, { signal: timer.signal })
  try {
    return await Promise.race([ping.then(() => true), late])
  } finally {
    timer.abort()
    late.catch(() => {})
  }
}
