import { defineOperations, sharedOperations } from '@shared-ledger/ledger'
import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { TransactionClient } from '../packages/ledger/src/database/database.ts'
import { callsOf } from '../packages/ledger/src/posting/calls.ts'

/** The app of the benchmark, which has the shared operations alone. */
export const app = 'bench'
/** The same app, whose entries have no hash chain: made from the ledger's functions by bench/sql/tables.sql. */
export const unchainedApp = 'unchained'
export const operations = defineOperations(sharedOperations)

/** What every variant posts: one credit is spent, so that each has to look at the balance. */
export const operation = 'CREDIT_SPEND'
export const amount = 1

/** A posting for an owner, with a nonce of its own. */
export function postingFor(ownerId: string) {
  return { ownerId, operation, amount, nonce: crypto.randomUUID() } as const
}

/** A connection or a pool of pg's, as what the ledger's calls need of a Prisma client: it prepares each statement once. */
export function clientOver(pg: Pick<pg.Pool, 'query'>): TransactionClient {
  return {
    async $queryRaw<Result>(query: TemplateStringsArray, ...values: unknown[]): Promise<Result> {
      const text = query.reduce((sql, part, index) => `${sql}$${index}${part}`)
      const name = `bench_${/ledger\.(\w+)/.exec(text)?.[1]}`
      const result: Result = Object((await pg.query({ name, text, values })).rows)
      return result
    },
  }
}

const callsOfApps = { [app]: callsOf(app), [unchainedApp]: callsOf(unchainedApp) }

/** Posts one entry for each of these owners in one call, as the ledger does. @throws where one was refused. */
export async function postCall(
  client: TransactionClient,
  owners: readonly string[],
  of: typeof app | typeof unchainedApp = app,
): Promise<void> {
  const drafts = owners.map((ownerId) => ({
    id: uuidv7(),
    nonce: crypto.randomUUID(),
    metadata: {},
    problems: [],
    lines: [{ ownerId, operation, amount: -amount, requested: -amount }],
  }))
  const skipBusy = owners.length > 1 // like the ledger's, a call of several leaves out what is locked elsewhere: here nothing
  const { ids } = await callsOfApps[of].post(client, drafts, [...new Set(owners)].sort(), {
    skipBusy,
    lockMs: null,
  })
  if (ids.length !== owners.length || ids.includes(null)) throw new Error('the ledger refused an entry')
}
