import { z } from 'zod'
import type { LedgerMetadata } from '../entry.ts'
import type { FieldError, ValidationError } from '../errors.ts'
import { amountSchema, flagSchema, metadataSchema, nonceSchema, ownerIdSchema } from '../input.ts'
import { messages } from '../messages.ts'
import { type AmountLimits, amountLimits, amountProblem, signed } from '../operations/amount.ts'
import type { OperationLimit, Operations } from '../operations/operations.ts'
import { createAttemptId } from './attempt-id.ts'

/** A transaction that is asked for, before its accounts are looked at. */
export interface Draft {
  /** Tells an attempt of this draft, sent again, from another draft with its nonce. The transaction's id is made of it. */
  readonly id: string
  /** Null where nothing is posted: a release and an overdraft may be repeated. */
  readonly nonce: string | null
  readonly metadata: LedgerMetadata
  readonly lines: readonly Line[]
  /** Why the app's rules refuse it. Told only if it was not posted before. */
  readonly problems: readonly FieldError[]
}

/** A draft, and whether it shall only be tried. */
export interface PostingRequest {
  readonly draft: Draft
  readonly dryRun: boolean
}

/** Reads what a caller asks for, or says what is wrong with it. */
export type ReadRequest<Input> = (input: Input) => PostingRequest | ValidationError

/** A request to post, with a new id. */
export function draftRequest({
  dryRun,
  ...draft
}: Omit<Draft, 'id'> & { readonly dryRun: boolean }): PostingRequest {
  return { draft: { ...draft, id: createAttemptId() }, dryRun }
}

/** A request about an account alone: a release or an overdraft. */
export function accountRequest(line: Line): PostingRequest {
  return draftRequest({ nonce: null, metadata: {}, lines: [line], problems: [], dryRun: false })
}

/** One line of a draft: an entry, or what stands alone in its place (`holdMs`, `releases`, `overdraft`). */
export interface Line {
  readonly ownerId: string
  /** Null for a release and an overdraft. */
  readonly operation: string | null
  /** Signed credits; null: the amount rule refuses what was requested, or there is none. */
  readonly amount: number | null
  /** What the caller gave, signed; null: the caller left it out. */
  readonly requested: number | null
  readonly limit?: OperationLimit | undefined
  readonly reverses?: string
  readonly refunds?: string
  /** The id of the hold that it captures. */
  readonly captures?: string
  /** For how long the credits are set aside. */
  readonly holdMs?: number
  /** The id of the hold that it releases. */
  readonly releases?: string
  /** How far below 0 the balance may go from now on. */
  readonly overdraft?: number
  /** Where the entry is in the input, such as `entries.2.`; left out: it is the input itself. */
  readonly path?: string
}

/** What a caller asks for in one entry. */
export interface EntryInput<Operation extends string = string> {
  readonly ownerId: string
  readonly operation: Operation
  /** A number of credits, >= 0: the operation gives the sign. A fixed or default amount may be left out. */
  readonly amount?: number | null | undefined
}

/** What every posting has. */
export interface PostingInput {
  /** The caller's idempotency key: sent again with the same nonce, nothing is posted twice. */
  readonly nonce: string
  readonly metadata?: LedgerMetadata | null | undefined
  /** Answers the outcome, with entries of id 0, and writes nothing. */
  readonly dryRun?: boolean | null | undefined
}

/** The fields of every posting. */
export const postingFields = {
  nonce: nonceSchema,
  metadata: metadataSchema.nullish().transform((metadata) => metadata ?? {}),
  dryRun: flagSchema,
}

/** An operation with its rules. */
interface Rule {
  readonly name: string
  readonly amounts: AmountLimits
  readonly limit: OperationLimit | undefined
  readonly paired: boolean
  readonly retired: boolean
}

export type ParsedEntry = z.output<ReturnType<typeof entryFields>['schema']>

/** The fields of an entry under an app's operations. */
export function entryFields(operations: Operations) {
  const rules = new Map<string, Rule>(
    Object.entries(operations).map(([name, { amount, limit, paired = false, retired = false }]) => [
      name,
      { name, amounts: amountLimits(amount), limit, paired, retired },
    ]),
  )
  const postable = [...rules.values()].filter(({ retired }) => !retired).map(({ name }) => name)
  const fields = {
    ownerId: ownerIdSchema,
    operation: z.string('must be the name of an operation').transform((name, context) => {
      const rule = rules.get(name)
      if (rule) return rule
      context.addIssue(`must be one of ${postable.join(', ')}`)
      return z.NEVER
    }),
    amount: amountSchema.nullish().transform((amount) => amount ?? undefined),
  }
  return { fields, schema: z.object(fields) }
}

/** The line of an entry; `path` leads to it in the input, such as `entries.2.`. */
export function toLine(
  { ownerId, operation: { name, amounts, limit }, amount }: ParsedEntry,
  path = '',
): Line {
  const isRefused = amountProblem(amounts, amount) !== undefined
  const requested = amount === undefined ? null : signed(amounts.direction, amount)
  const posted = requested ?? signed(amounts.direction, amounts.default ?? 0)
  return { ownerId, operation: name, amount: isRefused ? null : posted, requested, limit, path }
}

/** What the app's rules say against an entry; `path` leads to it in the input, such as `entries.2.`. */
export function entryProblems(
  { operation, amount }: ParsedEntry,
  { balanced, path = '' }: { balanced: boolean; path?: string },
): FieldError[] {
  const problem = amountProblem(operation.amounts, amount)
  const unpaired = `${operation.name} is posted in balanced transactions alone, such as a transfer`
  return [
    ...(problem ? [{ field: `${path}amount`, message: problem }] : []),
    ...(operation.retired ? [{ field: `${path}operation`, message: messages.retired(operation.name) }] : []),
    ...(operation.paired && !balanced ? [{ field: `${path}operation`, message: unpaired }] : []),
  ]
}
