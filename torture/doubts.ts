import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, withConnection } from '@shared-ledger/postgres'
import type pg from 'pg'
import type { Postgres } from './servers/postgres.ts'

/** A transaction that a node has prepared. */
interface Prepared {
  readonly gid: string
  /** How long ago, in milliseconds. */
  readonly ageMs: number
}

const everyMs = 500

/** A transaction that is prepared for longer is in doubt: a commit takes milliseconds. */
const inDoubtAfterMs = 1_000

const prepared = `SELECT gid, extract(epoch FROM clock_timestamp() - prepared)::float8 * 1000 AS "ageMs"
  FROM pg_prepared_xacts`

/** Watches the transactions over several nodes that are prepared, and neither committed nor rolled back. */
export class Doubts {
  readonly #nodes: readonly Postgres[]
  readonly #watching: Promise<unknown>
  readonly #ended = new AbortController()
  readonly #longestMs = new Map<string, number>()
  #seenAt = 0

  constructor(nodes: readonly Postgres[]) {
    this.#nodes = nodes
    this.#watching = Promise.all(nodes.map((node) => this.#watch(node)))
  }

  /** How many prepared transactions were seen. */
  get seen(): number {
    return this.#longestMs.size
  }

  /** How long each transaction was in doubt. */
  get inDoubtMs(): readonly number[] {
    return [...this.#longestMs.values()].filter((ms) => ms > inDoubtAfterMs)
  }

  /** When one was last seen in doubt. 0 if none was. */
  get seenAt(): number {
    return this.#seenAt
  }

  /** Returns the transactions that are still prepared, once there are none or at the given time. */
  async left(until: number): Promise<readonly string[]> {
    for (;;) {
      const all = await Promise.all(this.#nodes.map((node) => this.#leftOn(node)))
      const left = all.flat()
      if (left.length === 0 || performance.now() > until) return left
      await sleep(everyMs)
    }
  }

  async end(): Promise<void> {
    this.#ended.abort()
    await this.#watching
  }

  async #watch(node: Postgres): Promise<void> {
    const { signal } = this.#ended
    const pause = () => sleep(everyMs, undefined, { signal }).catch(() => {})
    const look = async (sql: pg.ClientBase) => {
      while (!signal.aborted) {
        await this.#look(node, sql)
        await pause()
      }
    }
    while (!signal.aborted) {
      // A node that is away has no answer, and keeps what it has prepared.
      await withConnection(node.url, look).catch(pause)
    }
  }

  async #leftOn(node: Postgres): Promise<readonly string[]> {
    try {
      const left = await withConnection(node.url, (sql) => this.#look(node, sql))
      return left.map(({ gid }) => `${gid} on ${node.name}`)
    } catch (error) {
      return [`${node.name} does not say: ${messageOf(error)}`]
    }
  }

  async #look({ name }: Postgres, sql: pg.ClientBase): Promise<readonly Prepared[]> {
    const { rows } = await sql.query<Prepared>(prepared)
    for (const { gid, ageMs } of rows) {
      const key = `${gid} on ${name}`
      this.#longestMs.set(key, Math.max(ageMs, this.#longestMs.get(key) ?? 0))
      if (ageMs > inDoubtAfterMs) this.#seenAt = performance.now()
    }
    return rows
  }
}
