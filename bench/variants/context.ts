import type { Ledger } from '@shared-ledger/ledger'
import type pg from 'pg'
import type { PrismaClient } from '../../packages/ledger/src/database/database.ts'
import { type operations, postingFor } from '../posting.ts'
import type { Sizes } from '../sizes.ts'

/** What variants work with. */
export interface Context {
  readonly databaseUrl: string
  readonly pool: pg.Pool
  readonly widePool: pg.Pool
  /** The ledger, and a Prisma client like the ledger's own. */
  readonly ledger: Ledger<typeof operations>
  readonly prisma: PrismaClient
  readonly sizes: Sizes
}

/** Posts one entry as apps do. @throws Error when it is refused */
export async function post({ ledger }: Pick<Context, 'ledger'>, ownerId: string): Promise<void> {
  const result = await ledger.postEntry(postingFor(ownerId))
  if (!result.ok) throw result.error
}
