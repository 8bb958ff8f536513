import type pg from 'pg'
import { TracedPool } from '../database/traced-pool.ts'

/** The pool of a database, and of the other nodes when it is a cluster whose nodes DATABASE_URL names. */
export class ClusterPool extends TracedPool {
  readonly others: readonly pg.Pool[]

  constructor(others: readonly pg.Pool[], options: pg.PoolConfig) {
    super(options)
    this.others = others
  }

  override async end(): Promise<void> {
    await Promise.all([super.end(), ...this.others.map((pool) => pool.end())])
  }
}
