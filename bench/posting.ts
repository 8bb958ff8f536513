import { defineOperations, sharedOperations } from '@shared-ledger/ledger'
import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { PrismaClient } from '../packages/ledger/src/database.ts'

/** The app of the benchmark, which has the shared operations alone. */
export const app = 'bench'
export const operations = defineOperations(sharedOperations)

/** What every variant posts: one credit is spent, so that each has to look at the balance. */
export const operation = 'CREDIT_SPEND'
export const amount = 1

/** A posting for an owner, with a nonce of its own. */
export function postingFor(ownerId: string) {
  return { ownerId, operation, amount, nonce: crypto.randomUUID() } as const
}

/**
 * The arguments of one call of ledger.post: a transaction of one entry for each of these owners. Like the ledger's, a call
 * of several leaves out accounts that are locked elsewhere; here none is.
 */
export function postCall(owners: readonly string[]) {
  const ownerIds = [...new Set(owners)]
  const accounts = new Map(ownerIds.map((ownerId, index) => [ownerId, index + 1]))
  const requests = owners.map((ownerId) => ({
    id: uuidv7(),
    nonce: crypto.randomUUID(),
    metadata: {},
    invalid: false,
    lines: [{ account: accounts.get(ownerId), operation, amount: -amount, requested: -amount }],
  }))
  return { ownerIds, requests: JSON.stringify(requests), skipBusy: owners.length > 1 }
}

type PostCall = ReturnType<typeof postCall>
type Answers = readonly { readonly outcome: string }[]

/** Calls ledger.post as the ledger does. */
export async function postByPrisma(
  prisma: PrismaClient,
  { ownerIds, requests, skipBusy }: PostCall,
): Promise<void> {
  const [row] = await prisma.$queryRaw<{ result: Answers }[]>`
    SELECT ledger.post(
      ${app}::text, ${ownerIds}::text[], ${requests}::json, ${false}::boolean, ${skipBusy}::boolean
    ) AS result`
  assertPosted(row?.result)
}

/** The same call without Prisma, by a statement that is prepared once per connection. */
export async function postByPg(pool: pg.Pool, { ownerIds, requests, skipBusy }: PostCall): Promise<void> {
  const { rows } = await pool.query<{ result: Answers }>({
    name: 'bench_post',
    text: 'SELECT ledger.post($1::text, $2::text[], $3::json, $4::boolean, $5::boolean) AS result',
    values: [app, ownerIds, requests, false, skipBusy],
  })
  assertPosted(rows[0]?.result)
}

function assertPosted(answers: Answers | undefined): void {
  const refused = answers?.find(({ outcome }) => outcome !== 'posted')
  if (!answers || refused) throw new Error(`ledger.post answered ${refused?.outcome}`)
}
