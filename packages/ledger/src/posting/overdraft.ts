import { z } from 'zod'
import type { TransactionClient } from '../database.ts'
import type { LedgerBalance } from '../entry.ts'
import { BalanceOutOfRangeError, OverdraftInUseError, ValidationError } from '../errors.ts'
import { amountSchema, ownerIdSchema, readInput } from '../input.ts'
import type { OverdraftError } from '../refusals.ts'
import type { DirectCalls } from './direct-calls.ts'

/** What an overdraft asks for. */
export interface OverdraftInput {
  readonly ownerId: string
  /** How far below 0 the balance may go, in credits, >= 0. */
  readonly limit: number
}

/** The balance, with the overdraft. */
export interface SetOverdraft {
  readonly balance: LedgerBalance
}

interface Outcome {
  readonly outcome: 'set' | 'overdraft_in_use' | 'balance_out_of_range'
  readonly balance: LedgerBalance
}

const schema = z.object({ ownerId: ownerIdSchema, limit: amountSchema })

/** Sets how far below 0 an owner's balance may go. */
export async function setOverdraft(
  client: TransactionClient,
  { app, directly }: { readonly app: string; readonly directly: DirectCalls },
  input: OverdraftInput,
): Promise<SetOverdraft | OverdraftError> {
  const read = readInput(schema, input)
  if (read instanceof ValidationError) return read
  const { ownerId, limit } = read
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
      return { balance }
    case 'overdraft_in_use':
      return new OverdraftInUseError(balance)
    case 'balance_out_of_range':
      return new BalanceOutOfRangeError(balance)
  }
}
