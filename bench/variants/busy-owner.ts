import { LedgerError } from '@shared-ledger/ledger'
import pg from 'pg'
import { closedLoop } from '../closed-loop.ts'
import { busyOwner, ownerDraw } from '../owners.ts'
import { app } from '../posting.ts'
import type { Variant } from '../rounds.ts'
import { type Context, post } from './context.ts'

export const busy = { quiet: 'busy-owner/quiet', locked: 'busy-owner/locked' } as const

/** How long the slowest hundredth of postings to other owners takes, while one owner is free, and while it is locked. */
export function busyOwnerVariants(context: Context): Variant[] {
  const { sizes, databaseUrl } = context
  const draw = ownerDraw('uniform', sizes)
  const loop = { callers: sizes.usualCallers - 1, seconds: sizes.lockSeconds }

  const othersP99 = async (unlock = async () => {}) => {
    let isOver = false
    const others = closedLoop(loop, () => post(context, draw())).finally(async () => {
      isOver = true
      await unlock()
    })
    /** One more caller posts to the locked owner, and may be told to try again. */
    const toBusyOwner = async () => {
      while (!isOver) {
        await post(context, busyOwner).catch((error: unknown) => {
          if (!(error instanceof LedgerError)) throw error
        })
      }
    }
    const [figures] = await Promise.all([others, toBusyOwner()])
    return figures.latencyMs(0.99)
  }

  return [
    { name: busy.quiet, unit: 'ms', measure: () => othersP99() },
    { name: busy.locked, unit: 'ms', measure: async () => othersP99(await lock(databaseUrl)) },
  ]
}

/** Locks the owner's account in a transaction of another program. The returned function releases it. */
async function lock(databaseUrl: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT FROM ledger.accounts WHERE book = $1 AND owner_id = $2 FOR UPDATE', [
    app,
    busyOwner,
  ])
  return async () => {
    await client.query('COMMIT')
    await client.end()
  }
}
