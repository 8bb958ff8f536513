import { AsyncResource } from 'node:async_hooks'
import pg from 'pg'
import { tracing } from '../tracing.ts'

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void

/**
 * A pool in which a traced caller that waits for a connection continues in its own async context. With node-postgres it
 * would continue in the context of the caller that returned the connection, and its statement would become a part of
 * that caller's span.
 */
export class TracedPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    if (!callback) return super.connect()
    super.connect(tracing.tracer ? AsyncResource.bind(callback) : callback)
    return undefined
  }
}
