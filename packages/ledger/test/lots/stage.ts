import { expect } from 'vitest'
import {
  createLedger,
  defineOperations,
  lotOperations,
  sharedOperations,
  transferOperations,
} from '../../src/index.ts'
import { verifyLedger } from '../../src/verify/verify.ts'
import { openGames, stopClockAt } from '../open-ledger.ts'

const any = { min: 1, max: 1_000_000 } as const
const out = { min: -1_000_000, max: -1 } as const

/** Operations with lots of each kind. */
export const operations = defineOperations({
  ...sharedOperations,
  ...transferOperations,
  ...lotOperations,
  BOUGHT: { amount: any, lot: { expires: null } },
  PROMO: { amount: any, lot: { expires: { days: 30 }, kind: 'promotional' } },
  MONTHLY: { amount: any, lot: { expires: { endOf: 'month' } } },
  GIFT: { amount: any, lot: { expires: 'input', priority: 10 } },
  LAST: { amount: any, lot: { expires: null, priority: 100 } },
  SPENT: { amount: out },
  REVIVED: { amount: out, revive: { days: 7 } },
  REVIVED_FOR_EVER: { amount: out, revive: null },
})

/** Opens a ledger with lots for a test file. Its clock stands still until it is moved. */
export async function openLots(start = '2026-11-10T00:00Z') {
  const opened = await openGames()
  const { sql, pool } = opened
  await sql.query(`SELECT ledger.set_operations('games', $1)`, [Object.keys(operations)])
  await stopClockAt(sql, start)
  const ledger = createLedger({ app: 'games', operations, pool })
  let nonces = 0

  /** Posts an entry of an owner, and returns it. @throws the refusal */
  async function post(
    ownerId: string,
    operation: keyof typeof operations,
    amount: number,
    expiresOn?: string,
  ) {
    const input = { ownerId, operation, amount, nonce: `n ${++nonces}` }
    const result = await ledger.postEntry({ ...input, expiresOn: expiresOn ? new Date(expiresOn) : null })
    if (!result.ok) throw result.error
    return result.entry
  }

  const moveClock = (moment: string) => stopClockAt(sql, moment)

  /** Returns the lots that an owner can spend: what is left, priority, kind and expiry. */
  async function lots(ownerId: string) {
    const live = await ledger.liveLots(ownerId)
    return live.map(({ rest, priority, kind, expiresOn }) =>
      [rest, priority, kind, expiresOn?.toISOString().slice(0, 10) ?? 'never'].join(' '),
    )
  }

  /** Returns an owner's entries, oldest first: operation, amount and day. */
  async function entries(ownerId: string) {
    const { edges } = await ledger.entries({ ownerId, first: 100 })
    return edges
      .map(({ node }) => `${node.operationName} ${node.amount} ${node.createdOn.toISOString().slice(0, 10)}`)
      .reverse()
  }

  return { ...opened, ledger, post, moveClock, lots, entries }
}

/** Checks what is true of all accounts, their lots and their entries, as `verify` does. */
export async function expectSoundLots({ sql }: Pick<Awaited<ReturnType<typeof openGames>>, 'sql'>) {
  expect((await verifyLedger(sql, { apps: ['games'] })).broken).toEqual([])
}
