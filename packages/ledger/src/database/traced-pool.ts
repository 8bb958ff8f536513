import { AsyncResource } from 'node:async_hooks'
import pg from 'pg'
import { tracing } from '../tracing.ts'

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void

/**
 * A pool in which a traced caller who waits for a connection goes on in its own async context. node-postgres goes on in that of
 * whoever gave the connection back, whose span the statement would become a part of.
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
