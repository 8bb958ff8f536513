import { probePaths } from '@shared-ledger/rest'
import { type Answer, jsonAnswer } from './answer.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'
import { orLate } from './in-time.ts'
import { shareCalls } from './share-calls.ts'

const timeoutMs = 2000

/** What probes ask. They are answered whatever else there is to do, whoever asks. */
export const probes: ReadonlySet<string> = new Set(Object.keys(probePaths))

/** What is asked of the database. */
export type Ping = () => Promise<{ readonly takesPostings: boolean }>

type Health = 'healthy' | 'read-only' | 'unhealthy'

const healthOf = ({ takesPostings }: Awaited<ReturnType<Ping>>): Health =>
  takesPostings ? 'healthy' : 'read-only'

/**
 * `/health`: whether the database answers soon enough, and takes postings: one that is read-only still serves reads. The
 * reason why not stays in the server's log. However many ask, the database is asked once at a time.
 * `/livez`: whether this process answers; a database that is away is no reason to end it.
 * `/readyz`: whether requests should be sent here: the same as `/health`, until the process is told to stop.
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
