import { probePaths } from '@shared-ledger/rest'
import { type Answer, jsonAnswer } from './answer.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'
import { orLate } from './in-time.ts'
import { shareCalls } from './share-calls.ts'

const timeoutMs = 2000

/** The paths of health probes. They are answered without authentication, however busy the server is. */
export const probes: ReadonlySet<string> = new Set(Object.keys(probePaths))

/** Asks the database whether it is there and takes postings. */
export type Ping = () => Promise<{ readonly takesPostings: boolean }>

type Health = 'healthy' | 'read-only' | 'unhealthy'

const healthOf = ({ takesPostings }: Awaited<ReturnType<Ping>>): Health =>
  takesPostings ? 'healthy' : 'read-only'

/**
 * `/health`: whether the database answers in time and takes postings. A read-only database still serves reads. The
 * reason for a failure stays in the server's log. Only one query runs at a time, however many probes come.
 * `/livez`: whether this process answers. It does not depend on the database, because a restart would not bring that
 * back.
 * `/readyz`: whether to send requests here. The same as `/health`, until the process is told to stop.
 */
export function probeEndpoints(
  ping: Ping,
  { onFault, isStopping }: { onFault: (error: unknown) => void; isStopping: () => boolean },
): Record<keyof typeof probePaths, Endpoint> {
  const ask = shareCalls(() =>
    orLate(ping().then(healthOf), timeoutMs, () => 'unhealthy' as const).catch((error): Health => {
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
