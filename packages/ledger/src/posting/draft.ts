import { z } from 'zod'
import type { AccountState } from '../account-state.ts'
import type { LedgerMetadata } from '../entry.ts'
import type { FieldError, ValidationError } from '../errors.ts'
import {
  amountSchema,
  flagSchema,
  metadataSchema,
  momentSchema,
  nonceSchema,
  ownerIdSchema,
} from '../input.ts'
import { messages } from '../messages.ts'
import { type AmountLimits, amountLimits, amountProblem, signed } from '../operations/amount.ts'
import {
  exchangedIn,
  type LotDefinition,
  type LotKind,
  type LotPeriod,
  lotOperations,
  type OperationLimit,
  type Operations,
} from '../operations/operations.ts'
import { createAttemptId } from './attempt-id.ts'

/** A request that was read, before its accounts are looked at. */
export interface Draft {
  /** Identifies an attempt of this draft that is sent again. The transaction's id is derived from it. */
  readonly id: string
  /** Null when nothing is posted: a prolongation, a release and an overdraft may be repeated. */
  readonly nonce: string | null
  readonly metadata: LedgerMetadata
  readonly lines: readonly Line[]
  /** Why the app's rules refuse it. They apply only if it was not posted before. */
  readonly problems: readonly FieldError[]
}

/** A draft, and whether it is a dry run. */
export interface PostingRequest {
  readonly draft: Draft
  readonly dryRun: boolean
}

/** Reads a caller's input, or says what is wrong with it. */
export type ReadRequest<Input> = (input: Input) => PostingRequest | ValidationError

/** Makes a request to post, with a new id. */
export function draftRequest({
  dryRun,
  ...draft
}: Omit<Draft, 'id'> & { readonly dryRun: boolean }): PostingRequest {
  return { draft: { ...draft, id: createAttemptId() }, dryRun }
}

/** Makes a request without a nonce, to prolong or release a hold, or to set an overdraft. */
export function accountRequest(line: Line): PostingRequest {
  return draftRequest({ nonce: null, metadata: {}, lines: [line], problems: [], dryRun: false })
}

/**
 * One line of a draft. It is an entry unless it has `holdMs` (a hold), `prolongs`, `releases` (the hold that it prolongs or
 * releases) or `overdraft` (an overdraft).
 */
export interface Line {
  readonly ownerId: string
  /** The book of the account. */
  readonly book: string
  /** Null for a prolongation, a release and an overdraft. */
  readonly operation: string | null
  /** Signed credits. Null when the amount rule refuses the requested amount, or the line has no amount. */
  readonly amount: number | null
  /** The caller's amount, signed. Null when the caller gave none. */
  readonly requested: number | null
  readonly limit?: OperationLimit | undefined
  readonly reverses?: string
  readonly refunds?: string
  /** The id of the hold that it captures. */
  readonly captures?: string
  /** Whether the hold keeps what the capture leaves. */
  readonly keeps?: boolean
  /** For how long the credits are set aside. */
  readonly holdMs?: number
  /** The id of the hold that it releases. */
  readonly releases?: string
  /** The id of the hold that it prolongs. */
  readonly prolongs?: string
  /** When that hold expires instead, in milliseconds since 1970. */
  readonly until?: number
  /** How far below 0 the balance may go from now on. */
  readonly overdraft?: number
  /** What the entry makes of the account. */
  readonly state?: AccountState | undefined
  /** The lot that its credits make. */
  readonly lot?: LineLot | undefined
  /** How long credits are good that it gives back to a lot that has expired. Empty: for ever. Left out: they expire at once. */
  readonly revive?: LineExpiry
  /** The id of the lot whose rest it takes. */
  readonly voids?: string
  /** The number of the line, from 1, that takes elsewhere what this one gives. */
  readonly source?: number
  /** Where the entry is in the input, such as `entries.2.`. Left out when it is the input itself. */
  readonly path?: string
}

/** A `LotExpiry`, or none of them. */
interface LineExpiry {
  readonly days?: number
  readonly endOf?: LotPeriod
}

/** The lot that a line makes. It expires at the earliest of its moments. */
interface LineLot extends LineExpiry {
  readonly priority: number | undefined
  readonly kind: LotKind | undefined
  /** Milliseconds since 1970. */
  readonly on: number | undefined
}

/** The input for one entry. */
export interface EntryInput<Operation extends string = string> {
  readonly ownerId: string
  readonly operation: Operation
  /**
   * A number of credits, >= 0. The operation gives the sign. It may be left out when the operation fixes it or has a
   * default.
   */
  readonly amount?: number | null | undefined
  /**
   * When the credits expire, for an operation with a lot. The operation's own expiry applies if it is earlier. Required when
   * the operation leaves the moment to the caller.
   */
  readonly expiresOn?: Date | null | undefined
}

/** The input that every posting has. */
export interface PostingInput {
  /** The caller's idempotency key. A posting that is sent again with the same nonce is not posted twice. */
  readonly nonce: string
  readonly metadata?: LedgerMetadata | null | undefined
  /** Returns the outcome, with entries of id 0, and writes nothing. */
  readonly dryRun?: boolean | null | undefined
}

/** The schemas of the fields of every posting. */
export const postingFields = {
  nonce: nonceSchema,
  metadata: metadataSchema.nullish().transform((metadata) => metadata ?? {}),
  dryRun: flagSchema,
}

/** An operation with its rules. */
interface Rule {
  readonly name: string
  readonly book: string
  readonly amounts: AmountLimits
  readonly limit: OperationLimit | undefined
  readonly state: AccountState | undefined
  readonly lot: LotDefinition | undefined
  readonly paired: boolean
  readonly retired: boolean
  /** Whether only exchanges post it. */
  readonly exchanged: boolean
}

type ParsedEntry = z.output<ReturnType<typeof entryFields>['schema']>

/** Returns the schemas of the fields of an entry under an app's operations. */
export function entryFields(app: string, operations: Operations) {
  const exchanged = exchangedIn(operations)
  const rules = new Map<string, Rule>(
    Object.entries(operations).map(
      ([name, { amount, book = app, limit, state, lot, paired = false, retired = false }]) => [
        name,
        {
          ...{ name, book, amounts: amountLimits(amount), limit, state, lot, paired, retired },
          exchanged: exchanged.has(name),
        },
      ],
    ),
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
    expiresOn: momentSchema.nullish().transform((expiresOn) => expiresOn ?? undefined),
  }
  return { fields, schema: z.object(fields) }
}

/** Returns the line of an entry. `path` leads to it in the input, such as `entries.2.`. */
export function toLine(
  { ownerId, operation: { name, book, amounts, limit, state, lot }, amount, expiresOn }: ParsedEntry,
  path = '',
): Line {
  const isRefused = amountProblem(amounts, amount) !== undefined
  const requested = amount === undefined ? null : signed(amounts.direction, amount)
  const posted = requested ?? signed(amounts.direction, amounts.default ?? 0)
  return {
    ...{ ownerId, book, operation: name, amount: isRefused ? null : posted, requested, limit, state, path },
    lot: lot && lineLot(lot, expiresOn),
  }
}

function lineLot({ expires, priority, kind }: LotDefinition, expiresOn: Date | undefined): LineLot {
  return { priority, kind, on: expiresOn?.getTime(), ...(expires === 'input' ? {} : expires) }
}

/** Returns what is wrong with an entry that sets the state of an account. */
export function stateProblems(
  { operation: { name, state } }: ParsedEntry,
  { metadata, isAlone, path = '' }: { metadata: LedgerMetadata; isAlone: boolean; path?: string },
): FieldError[] {
  if (state === undefined) return []
  return [
    ...(isAlone ? [] : [{ field: `${path}operation`, message: `${name} is alone in its transaction` }]),
    ...(metadata.reason ? [] : [{ field: 'metadata.reason', message: `is required: why ${name} is posted` }]),
  ]
}

/** Returns what the app's rules say against an entry. `path` leads to it in the input, such as `entries.2.`. */
export function entryProblems(
  { operation, amount, expiresOn }: ParsedEntry,
  { balanced, exchanges = false, path = '' }: { balanced: boolean; exchanges?: boolean; path?: string },
): FieldError[] {
  const problem = amountProblem(operation.amounts, amount)
  const unpaired = `${operation.name} is posted only in balanced transactions, such as a transfer`
  const { name, lot } = operation
  const isLedgers = Object.hasOwn(lotOperations, name)
  const unexchanged = `${operation.name} is posted only by an exchange`
  return [
    ...(problem ? [{ field: `${path}amount`, message: problem }] : []),
    ...(operation.retired ? [{ field: `${path}operation`, message: messages.retired(operation.name) }] : []),
    ...(operation.exchanged && !exchanges ? [{ field: `${path}operation`, message: unexchanged }] : []),
    ...(operation.paired && !balanced ? [{ field: `${path}operation`, message: unpaired }] : []),
    ...(isLedgers
      ? [{ field: `${path}operation`, message: `${name} is posted only by the ledger itself` }]
      : []),
    ...(expiresOn && !lot
      ? [{ field: `${path}expiresOn`, message: `is for operations with a lot, and ${name} has none` }]
      : []),
    ...(lot?.expires === 'input' && !expiresOn
      ? [{ field: `${path}expiresOn`, message: `is required: when the credits of ${name} expire` }]
      : []),
  ]
}
