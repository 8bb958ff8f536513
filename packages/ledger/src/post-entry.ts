import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { type AmountLimits, amountLimits, amountProblem, signed } from './amount.ts'
import type { TransactionClient } from './database.ts'
import { query } from './database-errors.ts'
import type { LedgerBalance, LedgerEntry, LedgerMetadata } from './entry.ts'
import {
  BalanceOutOfRangeError,
  DuplicateNonceError,
  InsufficientBalanceError,
  ValidationError,
} from './errors.ts'
import { amountSchema, metadataSchema, nonceSchema, ownerIdSchema, parseInput } from './input.ts'
import type { OperationOf, Operations } from './operations.ts'
import { type EntryRow, entryReader } from './rows.ts'

/** What a posting asks for. */
export interface PostEntryInput<Operation extends string = string> {
  readonly ownerId: string
  readonly operation: Operation
  /** A number of credits, >= 0: the operation gives the sign. A fixed or default amount may be left out. */
  readonly amount?: number | null | undefined
  /** The caller's idempotency key: sent again with the same nonce, nothing is posted twice. */
  readonly nonce: string
  readonly metadata?: LedgerMetadata | null | undefined
}

/** What was posted, and the balance after it. */
export interface PostedEntry<Operation extends string = string> {
  readonly entry: LedgerEntry<Operation>
  readonly balance: LedgerBalance
}

/** ledger.post_entry's answer. */
type Outcome =
  | { readonly outcome: 'posted'; readonly balance: number; readonly entry: EntryRow }
  | {
      readonly outcome: 'duplicate'
      readonly balance: number
      readonly entry: EntryRow
      readonly identical: boolean
    }
  | {
      readonly outcome: 'amount_refused' | 'insufficient_balance' | 'balance_out_of_range'
      readonly balance: number
    }

/** Posts through a client or transaction. @throws LedgerError on every refusal. */
export type PostEntry<Operation extends string> = (
  client: TransactionClient,
  input: PostEntryInput<Operation>,
) => Promise<PostedEntry<Operation>>

/** One app's rule of posting: it judges the input, and leaves to ledger.post_entry what needs the account. */
export function createPostEntry<Ops extends Operations>(
  app: string,
  operations: Ops,
): PostEntry<OperationOf<Ops>> {
  const toEntry = entryReader(operations)
  const inputSchema = postingSchema(operations)

  return async (client, input) => {
    const { ownerId, operation, amount, nonce, metadata } = parseInput(inputSchema, input)
    const { name, limits } = operation
    const problem = amountProblem(limits, amount)
    const requested = amount === undefined ? null : signed(limits.direction, amount)
    const posted = problem ? null : (requested ?? signed(limits.direction, limits.default ?? 0))

    // Amounts travel as text: Prisma would send a number of this size as a float.
    const [row] = await query(
      () => client.$queryRaw<{ result: Outcome }[]>`
        SELECT ledger.post_entry(
          ${app}::text, ${ownerId}::text, ${name}::text, ${posted?.toString() ?? null}::bigint,
          ${requested?.toString() ?? null}::bigint, ${nonce}::text, ${JSON.stringify(metadata)}::jsonb,
          ${uuidv7()}::uuid
        ) AS result`,
    )
    if (!row) throw new Error('ledger.post_entry gave no answer')

    const { result } = row
    const balance: LedgerBalance = { ownerId, amount: result.balance }
    switch (result.outcome) {
      case 'posted':
        return { entry: toEntry(result.entry), balance }
      case 'duplicate':
        throw new DuplicateNonceError(toEntry(result.entry), result.identical, balance)
      case 'amount_refused':
        throw new ValidationError([{ field: 'amount', message: problem ?? 'is not allowed' }])
      case 'insufficient_balance':
        throw new InsufficientBalanceError(balance, Math.abs(posted ?? 0))
      case 'balance_out_of_range':
        throw new BalanceOutOfRangeError(balance)
    }
  }
}

function postingSchema(operations: Operations) {
  const limitsOf = new Map<string, AmountLimits>(
    Object.entries(operations).map(([name, { amount }]) => [name, amountLimits(amount)]),
  )
  return z.object({
    ownerId: ownerIdSchema,
    operation: z.string('must be the name of an operation').transform((name, context) => {
      const limits = limitsOf.get(name)
      if (limits) return { name, limits }
      context.addIssue(`must be one of ${[...limitsOf.keys()].join(', ')}`)
      return z.NEVER
    }),
    amount: amountSchema.nullish().transform((amount) => amount ?? undefined),
    nonce: nonceSchema,
    metadata: metadataSchema.nullish().transform((metadata) => metadata ?? {}),
  })
}
