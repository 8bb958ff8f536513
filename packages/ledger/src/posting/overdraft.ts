import { z } from 'zod'
import type { TransactionClient } from '../database.ts'
import type { LedgerBalance } from '../entry.ts'
import { BalanceOutOfRangeError, OverdraftInUseError } from '../errors.ts'
import { amountSchema, ownerIdSchema, parseInput } from '../input.ts'
import type { DirectCalls } from './direct-calls.ts'

/** What an overdraft asks for. */
export interface OverdraftInput {
  readonly ownerId: string
  /** How far below 0 the balance may go, in credits, >= 0. */
  readonly limit: number
}

interface Outcome {
  readonly outcome: 'set' | 'overdraft_in_use' | 'balance_out_of_range'
  readonly balance: LedgerBalance
}

const schema = z.object({ ownerId: ownerIdSchema, limit: amountSchema })

/** Sets how far below 0 an owner's balance may go. @throws ValidationError, OverdraftInUseError, BalanceOutOfRangeError */
export async function setOverdraft(
  client: TransactionClient,
  { app, directly }: { readonly app: string; readonly directly: DirectCalls },
  input: OverdraftInput,
): Promise<LedgerBalance> {
  const { ownerId, limit } = parseInput(schema, input)
  const [row] = await directly(
    client,
    [ownerId],
    () => client.$queryRaw<{ result: Outcome }[]>`
      SELECT ledger.set_overdraft(${app}::text, ${ownerId}::text, ${String(limit)}::bigint) AS result`,
  )
  if (!row) throw new Error('ledger.set_overdraft gave no answer')
  const { outcome, balance } = row.result
  switch (outcome) {
    case 'set':
      return balance
    case 'overdraft_in_use':
      throw new OverdraftInUseError(balance)
    case 'balance_out_of_range':
      throw new BalanceOutOfRangeError(balance)
  }
}
