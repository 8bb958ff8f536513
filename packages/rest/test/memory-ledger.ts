import {
  BalanceOutOfRangeError,
  DuplicateNonceError,
  InsufficientBalanceError,
  type LedgerEntry,
  type LedgerMetadata,
  nonceSchema,
  ownerIdSchema,
  parseInput,
  ValidationError,
} from '@shared-ledger/ledger'
import { z } from 'zod'

export interface PostInput {
  ownerId: string
  operation: string
  nonce: string
  amount?: number | null
  metadata?: LedgerMetadata | null
}

/** min and max are signed; a default is posted when no amount is given. */
const rules: Record<string, { min: number; max: number; default: number; description?: string }> = {
  DAILY_REWARD: { min: 1, max: 1, default: 1 },
  SIGNUP_CREDIT: { min: 3, max: 3, default: 3 },
  CREDIT_SPEND: { min: -Number.MAX_SAFE_INTEGER, max: -1, default: -1 },
  CREDIT_ADD: { min: 1, max: Number.MAX_SAFE_INTEGER, default: 10 },
  NOTE_CREATION: { min: -5, max: -5, default: -5, description: 'The price of a note.' },
  NOTE_ACCESS: { min: 0, max: 0, default: 0 },
}

const inputSchema = z.object({ ownerId: ownerIdSchema, nonce: nonceSchema })

/**
 * The ledger's answers without a database: a fixture for tests of the transport alone. What a ledger does is
 * tested on PostgreSQL.
 */
export function createMemoryLedger() {
  const accounts = new Map<string, LedgerEntry[]>()
  const entriesOf = (ownerId: string) => accounts.get(ownerId) ?? []
  const balance = (ownerId: string) => ({ ownerId, amount: entriesOf(ownerId).at(-1)?.balanceAfter ?? 0 })
  let count = 0

  function signed({ operation, amount }: PostInput): number {
    const rule = rules[operation]
    if (!rule) throw new TypeError(`The schema has let ${operation} pass`)
    const sign = rule.min < 0 ? -1 : 1
    const value = amount == null ? rule.default : sign * amount
    if (amount != null && (amount < 0 || value < rule.min || value > rule.max)) {
      throw new ValidationError([{ field: 'amount', message: `is not an amount of ${operation}` }])
    }
    return value
  }

  return {
    operations: Object.entries(rules).map(([name, { min, max, default: value, description }]) => ({
      name,
      description,
      shared: !name.startsWith('NOTE'),
      direction: max > 0 ? 'IN' : min < 0 ? 'OUT' : 'NONE',
      minAmount: Math.min(Math.abs(min), Math.abs(max)),
      maxAmount: Math.max(Math.abs(min), Math.abs(max)),
      defaultAmount: Math.abs(value),
    })),
    accounts,
    balance(ownerId: string) {
      parseInput(z.object({ ownerId: ownerIdSchema }), { ownerId })
      return balance(ownerId)
    },
    entries(ownerId: string) {
      parseInput(z.object({ ownerId: ownerIdSchema }), { ownerId })
      return [...entriesOf(ownerId)].reverse()
    },
    post(input: PostInput): LedgerEntry {
      const { ownerId, operation, nonce } = input
      parseInput(inputSchema, input)
      const metadata = input.metadata ?? {}
      const original = entriesOf(ownerId).find((entry) => entry.nonce === nonce)
      if (original) {
        const sameAmount = input.amount == null || Math.abs(original.amount) === input.amount
        const same =
          JSON.stringify([original.operation, original.metadata]) === JSON.stringify([operation, metadata])
        throw new DuplicateNonceError(original, same && sameAmount, balance(ownerId))
      }
      const amount = signed(input)
      const after = balance(ownerId).amount + amount
      if (after < 0) throw new InsufficientBalanceError(balance(ownerId), -amount)
      if (after > Number.MAX_SAFE_INTEGER) throw new BalanceOutOfRangeError(balance(ownerId))
      const entry: LedgerEntry = {
        id: String(++count),
        ownerId,
        seq: entriesOf(ownerId).length + 1,
        operation,
        amount,
        balanceAfter: after,
        nonce,
        transactionId: '01900000-0000-7000-8000-000000000000',
        metadata,
        createdOn: new Date('2026-11-21T10:15:30.000Z'),
      }
      accounts.set(ownerId, [...entriesOf(ownerId), entry])
      return entry
    },
  }
}

export type MemoryLedger = ReturnType<typeof createMemoryLedger>
