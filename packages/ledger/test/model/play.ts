import type { LedgerMetadata } from '../../src/index.ts'
import { amountLimits } from '../../src/operations/amount.ts'
import type { EntryWish, PlaceWish, Step, Wish } from './history.ts'
import type { LedgerModel, ModelLine, ModelRequest, Outcome, Place } from './model.ts'
import { bookOf, type Operation, operations, stateOf } from './operations.ts'

interface EntryCommand {
  readonly ownerId: string
  readonly operation: Operation
  readonly amount: number | null
}

interface Posting {
  readonly nonce: string
  readonly metadata: LedgerMetadata
}

/** A complete request. Ids are the model's. */
export type Command =
  | ({ readonly do: 'postEntry' } & EntryCommand & Posting)
  | ({
      readonly do: 'postTransaction'
      readonly entries: readonly EntryCommand[]
      readonly balanced: boolean
    } & Posting)
  | ({
      readonly do: 'transfer'
      readonly from: string
      readonly to: string
      readonly amount: number
    } & Posting)
  | ({ readonly do: 'exchange'; readonly ownerId: string; readonly amount: number } & Posting)
  | ({ readonly do: 'reverse'; readonly id: number } & Posting)
  | ({ readonly do: 'refund'; readonly id: number; readonly amount: number } & Posting)
  | ({ readonly do: 'hold'; readonly seconds: number } & EntryCommand & Posting)
  | ({ readonly do: 'capture'; readonly id: number; readonly amount: number | null } & Posting)
  | { readonly do: 'release'; readonly id: number }
  | ({ readonly do: 'setOverdraft'; readonly limit: number } & Place)
  | ({ readonly do: 'balance' | 'liveHolds' } & Place)
  | ({ readonly do: 'balanceAt'; readonly moment: number } & Place)
  | { readonly do: 'holdAnswer'; readonly id: number }

/** The result of a request: an outcome, or what was read. */
export type Answered = Outcome | { readonly code: 'READ'; readonly value: unknown }

/** A request and the model's result. */
export interface Expected {
  readonly command: Command
  readonly outcome: Answered
}

/** A step that can be carried out on a ledger. */
export type Scene =
  | { readonly kind: 'clock'; readonly now: number }
  | { readonly kind: 'batch' | 'one'; readonly requests: readonly Expected[]; readonly dryRun: boolean }

/** Plays histories on a model: completes each request, and tells its result. */
export class Player {
  readonly model: LedgerModel
  readonly #ownerOf: (number: number) => string
  readonly #commands: Command[] = []

  constructor(model: LedgerModel, ownerOf: (number: number) => string) {
    this.model = model
    this.#ownerOf = ownerOf
  }

  play(step: Step): Scene {
    const { model } = this
    if (step.kind === 'clock') {
      model.now += step.by
      return { kind: 'clock', now: model.now }
    }
    const commands = this.commands(step.kind === 'one' ? [step.wish] : step.wishes)
    const run = () => commands.map((command) => ({ command, outcome: carryOut(model, command) }))
    // Releases and overdrafts are not postings, and have no dry run.
    const dryRun = step.dryRun && commands.every((command) => 'nonce' in command)
    const { kind } = step
    return { kind, requests: dryRun ? model.dryRun(run) : run(), dryRun }
  }

  /** Completes the requests of one batch. Each knows only what was there before the batch. */
  commands(wishes: readonly Wish[]): Command[] {
    const known = this.model.known
    return wishes.map((wish) => {
      const command = this.#commandOf(wish, known)
      this.#commands.push(command)
      return command
    })
  }

  #commandOf(wish: Wish, known: LedgerModel['known']): Command {
    switch (wish.do) {
      case 'postEntry':
        return { do: 'postEntry', ...this.#entry(wish.entry), ...posting(wish) }
      case 'setState': {
        const metadata: LedgerMetadata = wish.explained ? { reason: 'model' } : {}
        const entry = { owner: wish.owner, operation: wish.operation, amount: null }
        return { do: 'postEntry', ...this.#entry(entry), nonce: `n${wish.nonce}`, metadata }
      }
      case 'postTransaction': {
        const entries = wish.entries.map((entry) => this.#entry(entry))
        return { do: 'postTransaction', entries, balanced: wish.balanced, ...posting(wish) }
      }
      case 'transfer': {
        const [from, to] = [this.#ownerOf(wish.from), this.#ownerOf(wish.to)]
        return { do: 'transfer', from, to, amount: wish.amount, ...posting(wish) }
      }
      case 'exchange':
        return { do: 'exchange', ownerId: this.#ownerOf(wish.owner), amount: wish.amount, ...posting(wish) }
      case 'reverse':
        return { do: 'reverse', id: nth(known.transactions, wish.target), ...posting(wish) }
      case 'refund':
        return { do: 'refund', id: nth(known.entries, wish.target), amount: wish.amount, ...posting(wish) }
      case 'hold':
        return { do: 'hold', ...this.#entry(wish.entry), seconds: wish.seconds, ...posting(wish) }
      case 'capture':
        return { do: 'capture', id: nth(known.holds, wish.target), amount: wish.amount, ...posting(wish) }
      case 'release':
      case 'holdAnswer':
        return { do: wish.do, id: nth(known.holds, wish.target) }
      case 'setOverdraft':
        return { do: 'setOverdraft', ...this.#place(wish), limit: wish.limit }
      case 'balance':
      case 'liveHolds':
        return { do: wish.do, ...this.#place(wish) }
      case 'balanceAt':
        return { do: 'balanceAt', ...this.#place(wish), moment: this.model.now - wish.ago }
      case 'repeat':
        return this.#repeat(wish)
    }
  }

  #repeat({ what, nth: back, changed }: Wish & { do: 'repeat' }): Command {
    const before = this.#commands.filter((command) =>
      what === 'hold' ? command.do === 'hold' : isPosting(command),
    )
    const command = before[before.length - 1 - (back % Math.max(before.length, 1))]
    if (!command)
      return {
        do: 'postEntry',
        ownerId: this.#ownerOf(1),
        operation: 'NOTE',
        amount: null,
        ...posting({ nonce: 1 }),
      }
    return changed && 'nonce' in command ? { ...command, metadata: { changed: 'yes' } } : command
  }

  #place({ owner, book }: PlaceWish): Place {
    return { ownerId: this.#ownerOf(owner), book }
  }

  #entry({ owner, operation, amount }: EntryWish): EntryCommand {
    return { ownerId: this.#ownerOf(owner), operation, amount }
  }
}

function isPosting(command: Command): boolean {
  return 'nonce' in command && command.do !== 'hold'
}

function posting({ nonce, metadata = false }: { nonce: number; metadata?: boolean }): Posting {
  return { nonce: `n${nonce}`, metadata: metadata ? { note: 'ünïcode ✓' } : {} }
}

/** An id that does not exist. */
const none = Number.MAX_SAFE_INTEGER

function nth(ids: readonly number[], back: number | null): number {
  if (back === null || ids.length === 0) return none
  return ids[ids.length - 1 - (back % ids.length)] ?? none
}

/** Carries a request out on the model. */
export function carryOut(model: LedgerModel, command: Command): Answered {
  switch (command.do) {
    case 'postEntry':
      return model.post({
        ...requestOf(command, [command], false),
        invalid: [...entryProblems(command, false), ...stateProblems(command, command)],
      })
    case 'postTransaction': {
      const { entries, balanced } = command
      return model.post(requestOf(command, entries, balanced))
    }
    case 'transfer': {
      const { from, to, amount } = command
      if (from === to) return { code: 'VALIDATION_ERROR', fields: ['to'] }
      const entries = [
        { ownerId: from, operation: 'TRANSFER_OUT', amount },
        { ownerId: to, operation: 'TRANSFER_IN', amount },
      ] as const
      return model.post(requestOf(command, entries, true))
    }
    case 'exchange': {
      const { ownerId, amount, nonce, metadata } = command
      const { give, get } = operations.GEMS_PAID.exchange.rate
      const paid = { ownerId, operation: 'GEMS_PAID', amount } as const
      const bought = { ownerId, operation: 'GEMS_BOUGHT', amount: Math.floor(amount / give) * get } as const
      const invalid = [
        ...(amount % give === 0 ? [] : ['amount']),
        ...entryProblems(paid, true),
        ...entryProblems(bought, true),
      ]
      return model.post({ nonce, metadata, lines: [paid, bought].map(lineOf), invalid })
    }
    case 'reverse':
      return model.reverse(command.id, command)
    case 'refund':
      return model.refund(command.id, command.amount, command)
    case 'hold': {
      const takes = amountLimits(operations[command.operation].amount).direction === 'OUT'
      const invalid = [...entryProblems(command, false), ...(takes ? [] : ['operation'])]
      return model.hold({ ...requestOf(command, [command], false), invalid }, command.seconds)
    }
    case 'capture':
      return model.capture(command.id, command.amount, command)
    case 'release':
      return model.release(command.id)
    case 'setOverdraft':
      return model.setOverdraft(command, command.limit)
    case 'balance':
      return { code: 'READ', value: model.balance(command) }
    case 'balanceAt':
      return { code: 'READ', value: model.balanceAt(command, command.moment) }
    case 'liveHolds':
      return { code: 'READ', value: model.liveHolds(command) }
    case 'holdAnswer':
      return { code: 'READ', value: model.holdAnswer(command.id) }
  }
}

function requestOf(
  { nonce, metadata }: Posting,
  entries: readonly EntryCommand[],
  balanced: boolean,
): ModelRequest {
  const lines = entries.map(lineOf)
  const [first, ...others] = entries.map(({ operation }) => bookOf(operation))
  const problems = [
    ...entries.flatMap((entry, index) => [
      ...entryProblems(entry, balanced).map((field) => `entries.${index}.${field}`),
      ...(stateOf(entry.operation) && entries.length > 1 ? [`entries.${index}.operation`] : []),
      ...stateProblems(entry, { metadata }),
    ]),
    ...others.flatMap((book, index) => (book === first ? [] : [`entries.${index + 1}.operation`])),
  ]
  // There is no sum when an amount is refused.
  const isUnbalanced = lines.reduce((sum, { amount }) => sum + BigInt(amount), 0n) !== 0n
  const isSummed = balanced && !problems.some((field) => field.endsWith('amount'))
  return { nonce, metadata, lines, invalid: isSummed && isUnbalanced ? [...problems, 'entries'] : problems }
}

/** Returns the amount of an operation, by its sign and its default. */
function lineOf({ ownerId, operation, amount }: EntryCommand): ModelLine {
  const { direction, default: preset } = amountLimits(operations[operation].amount)
  const sign = (credits: number) => (direction === 'OUT' ? -credits : credits)
  return {
    ownerId,
    operation,
    amount: sign(amount ?? preset ?? 0),
    requested: amount === null ? null : sign(amount),
  }
}

/** A state needs a reason. */
function stateProblems({ operation }: EntryCommand, { metadata }: Pick<Posting, 'metadata'>): string[] {
  return stateOf(operation) && !metadata.reason ? ['metadata.reason'] : []
}

/** Returns the fields of an entry that the app's rules refuse. */
function entryProblems(entry: EntryCommand, balanced: boolean): string[] {
  const definition = operations[entry.operation]
  const { min, max, default: preset } = amountLimits(definition.amount)
  const isWrong = entry.amount === null ? preset === undefined : entry.amount < min || entry.amount > max
  return [...(isWrong ? ['amount'] : []), ...('paired' in definition && !balanced ? ['operation'] : [])]
}
