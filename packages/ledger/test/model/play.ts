import type { LedgerMetadata } from '../../src/index.ts'
import { amountLimits } from '../../src/operations/amount.ts'
import type { EntryWish, PlaceWish, Step, Wish } from './history.ts'
import type {
  AccountRecord,
  LedgerModel,
  LiveLot,
  LotPlace,
  ModelLine,
  ModelRequest,
  Outcome,
  Place,
} from './model.ts'
import { bookOf, type Operation, operations, stateOf } from './operations.ts'

interface EntryCommand {
  readonly ownerId: string
  readonly operation: Operation
  readonly amount: number | null
  /** Milliseconds since 1970. */
  readonly expiresOn: number | null
}

/** The account and the seq of an expiry. No request returns its entry. */
type ExpiryPlace = Place & { readonly seq: number }

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
  | ({ readonly do: 'reverse'; readonly id: number; readonly expiry?: ExpiryPlace | undefined } & Posting)
  | ({
      readonly do: 'refund'
      readonly id: number
      readonly expiry?: ExpiryPlace | undefined
      readonly amount: number
    } & Posting)
  | ({ readonly do: 'void'; readonly lot: LotPlace | null } & Posting)
  | ({ readonly do: 'hold'; readonly seconds: number } & EntryCommand & Posting)
  | ({
      readonly do: 'capture'
      readonly id: number
      readonly amount: number | null
      readonly keeps: boolean
    } & Posting)
  /** `until`: milliseconds since 1970. */
  | { readonly do: 'prolong'; readonly id: number; readonly until: number }
  | { readonly do: 'release'; readonly id: number }
  | ({ readonly do: 'setOverdraft'; readonly limit: number } & Place)
  | ({ readonly do: 'balance' | 'liveHolds' | 'liveLots' } & Place)
  | ({ readonly do: 'balanceAt'; readonly moment: number } & Place)
  | { readonly do: 'holdAnswer'; readonly id: number }

/** What a read says of a lot that can be spent. */
export type LotAnswer = Omit<LiveLot, 'number' | 'madeBy' | 'firstExpiresOn'>

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
  | { readonly kind: 'audit'; readonly accounts: readonly AuditedAccount[] }
  | { readonly kind: 'batch' | 'one'; readonly requests: readonly Expected[]; readonly dryRun: boolean }

/** Everything that is known of an account, and what it had at some moments. */
export type AuditedAccount = AccountRecord & {
  readonly past: readonly { readonly moment: number; readonly amount: number }[]
}

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
    if (step.kind === 'edge') {
      const { edges } = model
      const edge = edges[step.nth % Math.max(edges.length, 1)]
      model.now = edge === undefined ? model.now : edge + step.off
      return { kind: 'clock', now: model.now }
    }
    if (step.kind === 'audit') return this.audit(step.moments)
    const commands = this.commands(step.kind === 'one' ? [step.wish] : step.wishes)
    const run = () => commands.map((command) => ({ command, outcome: carryOut(model, command) }))
    // Prolongations, releases and overdrafts are not postings, and have no dry run.
    const dryRun = step.dryRun && commands.every((command) => 'nonce' in command)
    const { kind } = step
    return { kind, requests: dryRun ? model.dryRun(run) : run(), dryRun }
  }

  /** Tells everything that is known. Each moment is chosen out of those at which something happened. */
  audit(moments: readonly number[]): Scene & { kind: 'audit' } {
    const { model } = this
    const accounts = model.places.map((place, index) => {
      const record = model.record(place)
      const turns = [
        ...record.entries.map(({ createdOn }) => createdOn),
        ...record.lots.flatMap(({ expiresOn }) => (expiresOn === null ? [] : [expiresOn])),
      ]
      const asked = index % 3 === moments.length % 3 ? moments : moments.slice(0, 1)
      const past = asked.flatMap((moment) => {
        const turn = turns[moment % Math.max(turns.length, 1)]
        const chosen = (turn ?? 0) + (moment % 3) - 1
        if (turn === undefined || chosen > Math.floor(model.now)) return []
        return [{ moment: chosen, amount: model.balanceAt(place, chosen) }]
      })
      return { ...record, past }
    })
    return { kind: 'audit', accounts }
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
        const entry = { owner: wish.owner, operation: wish.operation, amount: null, expires: null }
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
        return { do: 'reverse', ...this.#corrected(known.transactions, wish.target), ...posting(wish) }
      case 'refund': {
        const { amount } = wish
        return { do: 'refund', ...this.#corrected(known.entries, wish.target), amount, ...posting(wish) }
      }
      case 'void': {
        const lot = wish.target === null ? null : fromEnd(known.lots, wish.target)
        const metadata: LedgerMetadata = wish.explained ? { reason: 'model' } : {}
        return { do: 'void', lot: lot ?? null, nonce: `n${wish.nonce}`, metadata }
      }
      case 'hold':
        return { do: 'hold', ...this.#entry(wish.entry), seconds: wish.seconds, ...posting(wish) }
      case 'capture':
        return { do: 'capture', id: nth(known.holds, wish.target), ...captured(wish), ...posting(wish) }
      case 'prolong': {
        const until = Math.floor(this.model.now) + wish.seconds * 1000
        return { do: 'prolong', id: nth(known.holds, wish.target), until }
      }
      case 'release':
      case 'holdAnswer':
        return { do: wish.do, id: nth(known.holds, wish.target) }
      case 'setOverdraft':
        return { do: 'setOverdraft', ...this.#place(wish), limit: wish.limit }
      case 'balance':
      case 'liveHolds':
      case 'liveLots':
        return { do: wish.do, ...this.#place(wish) }
      case 'balanceAt':
        return { do: 'balanceAt', ...this.#place(wish), moment: Math.floor(this.model.now) - wish.ago }
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
        expiresOn: null,
        ...posting({ nonce: 1 }),
      }
    return changed && 'nonce' in command ? { ...command, metadata: { changed: 'yes' } } : command
  }

  #place({ owner, book }: PlaceWish): Place {
    return { ownerId: this.#ownerOf(owner), book }
  }

  /** Expiries have ids below 0 in the model. */
  #corrected(ids: readonly number[], target: number | null) {
    const id = nth(ids, target)
    const expiry = this.model.expiry(id)
    return expiry ? { id, expiry } : { id }
  }

  #entry({ owner, operation, amount, expires }: EntryWish): EntryCommand {
    const expiresOn = expires === null ? null : Math.floor(this.model.now) + expires
    return { ownerId: this.#ownerOf(owner), operation, amount, expiresOn }
  }
}

function isPosting(command: Command): boolean {
  return 'nonce' in command && command.do !== 'hold'
}

function posting({ nonce, metadata = false }: { nonce: number; metadata?: boolean }): Posting {
  return { nonce: `n${nonce}`, metadata: metadata ? { note: 'ünïcode ✓' } : {} }
}

function captured({ amount, keeps }: Wish & { do: 'capture' }) {
  return { amount, keeps }
}

/** An id that does not exist. */
const none = Number.MAX_SAFE_INTEGER

function nth(ids: readonly number[], back: number | null): number {
  return back === null ? none : (fromEnd(ids, back) ?? none)
}

function fromEnd<Value>(values: readonly Value[], back: number): Value | undefined {
  return values[values.length - 1 - (back % Math.max(values.length, 1))]
}

/** Carries a request out on the model. */
export function carryOut(model: LedgerModel, command: Command): Answered {
  switch (command.do) {
    case 'postEntry':
      return model.post({
        ...requestOf(command, [command], false),
        lines: [lineOf(command)],
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
        { ownerId: from, operation: 'TRANSFER_OUT', amount, expiresOn: null },
        { ownerId: to, operation: 'TRANSFER_IN', amount, expiresOn: null },
      ] as const
      return model.post(asMove(requestOf(command, entries, true)))
    }
    case 'exchange': {
      const { ownerId, amount, nonce, metadata } = command
      const { give, get } = operations.GEMS_PAID.exchange.rate
      const paid = { ownerId, operation: 'GEMS_PAID', amount, expiresOn: null } as const
      const got = Math.floor(amount / give) * get
      const bought = { ownerId, operation: 'GEMS_BOUGHT', amount: got, expiresOn: null } as const
      const invalid = [
        ...(amount % give === 0 ? [] : ['amount']),
        ...entryProblems(paid, true),
        ...entryProblems(bought, true),
      ]
      const lines = [paid, bought].map((entry) => lineOf(entry))
      return model.post(asMove({ nonce, metadata, lines, invalid }))
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
      return model.capture(command.id, command, command)
    case 'prolong':
      return model.prolong(command.id, command.until)
    case 'void':
      return command.lot ? model.void(command.lot, command) : { code: 'LOT_NOT_FOUND' }
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
    case 'liveLots':
      return { code: 'READ', value: model.liveLots(command).map(lotAnswer) }
    case 'holdAnswer':
      return { code: 'READ', value: model.holdAnswer(command.id) }
  }
}

/** What is told of a lot that can be spent. */
function lotAnswer({ amount, rest, held, priority, kind, expiresOn }: LiveLot): LotAnswer {
  return { amount, rest, held, priority, kind, expiresOn }
}

/** Makes the second entry receive what the first one sends. */
function asMove({ lines, ...request }: ModelRequest): ModelRequest {
  return { ...request, lines: lines.map((line, index) => (index === 1 ? { ...line, source: 0 } : line)) }
}

function requestOf(
  { nonce, metadata }: Posting,
  entries: readonly EntryCommand[],
  balanced: boolean,
): ModelRequest {
  const lines = entries.map((entry, index) => lineOf(entry, `entries.${index}.`))
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
function lineOf({ ownerId, operation, amount, expiresOn }: EntryCommand, path = ''): ModelLine {
  const definition = operations[operation]
  const { direction, default: preset } = amountLimits(operations[operation].amount)
  const sign = (credits: number) => (direction === 'OUT' ? -credits : credits)
  return {
    ownerId,
    operation,
    amount: sign(amount ?? preset ?? 0),
    requested: amount === null ? null : sign(amount),
    path,
    ...('lot' in definition && { lot: { ...definition.lot, on: expiresOn } }),
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
  const isLedgers = entry.operation === 'CREDIT_EXPIRED' || entry.operation === 'CREDIT_VOIDED'
  const needsExpiry = 'lot' in definition && definition.lot.expires === 'input'
  const isExpiryWrong = entry.expiresOn === null ? needsExpiry : !('lot' in definition)
  return [
    ...(isWrong ? ['amount'] : []),
    ...('paired' in definition && !balanced ? ['operation'] : []),
    ...(isLedgers ? ['operation'] : []),
    ...(isExpiryWrong ? ['expiresOn'] : []),
  ]
}
