// Random histories: with few owners, few nonces, small balances and a clock that jumps, requests collide.
import fc from 'fast-check'
import { maxCredits } from '../../src/index.ts'
import { type Book, type Operation, operations } from './operations.ts'

/** The target of a request: the nth newest of the known ones, or null for one that does not exist. */
type Target = number | null

/** A request before it is known what there is to correct, capture or repeat. */
export type Wish =
  | {
      readonly do: 'postEntry'
      readonly entry: EntryWish
      readonly nonce: number
      readonly metadata: boolean
    }
  | {
      readonly do: 'setState'
      readonly owner: number
      readonly operation: Operation
      readonly nonce: number
      readonly explained: boolean
    }
  | {
      readonly do: 'postTransaction'
      readonly entries: readonly EntryWish[]
      readonly nonce: number
      readonly balanced: boolean
      readonly metadata: boolean
    }
  | {
      readonly do: 'transfer'
      readonly from: number
      readonly to: number
      readonly amount: number
      readonly nonce: number
    }
  | { readonly do: 'exchange'; readonly owner: number; readonly amount: number; readonly nonce: number }
  | { readonly do: 'reverse'; readonly target: Target; readonly nonce: number }
  | { readonly do: 'refund'; readonly target: Target; readonly amount: number; readonly nonce: number }
  | { readonly do: 'hold'; readonly entry: EntryWish; readonly nonce: number; readonly seconds: number }
  | {
      readonly do: 'capture'
      readonly target: Target
      readonly amount: number | null
      readonly keeps: boolean
      readonly nonce: number
    }
  | {
      readonly do: 'void'
      readonly target: Target
      readonly nonce: number
      readonly explained: boolean
    }
  | { readonly do: 'prolong'; readonly target: Target; readonly seconds: number }
  | { readonly do: 'release'; readonly target: Target }
  | ({ readonly do: 'setOverdraft'; readonly limit: number } & PlaceWish)
  | ({ readonly do: 'balance' | 'liveHolds' | 'liveLots' } & PlaceWish)
  | ({ readonly do: 'balanceAt'; readonly ago: number } & PlaceWish)
  | { readonly do: 'holdAnswer'; readonly target: Target }
  /** The nth newest request again, or a request that differs from it. */
  | {
      readonly do: 'repeat'
      readonly what: 'posting' | 'hold'
      readonly nth: number
      readonly changed: boolean
    }

export interface PlaceWish {
  readonly owner: number
  readonly book: Book
}

export interface EntryWish {
  readonly owner: number
  readonly operation: Operation
  readonly amount: number | null
  /** In how many milliseconds its credits expire. Null: nothing is said. */
  readonly expires: number | null
}

/** One step of a history. A batch may be posted in one call, in calls of any size, or one by one. */
export type Step =
  | { readonly kind: 'clock'; readonly by: number }
  /** Moves the clock to the nth next end of a lot or a hold, and a little before or after it. */
  | { readonly kind: 'edge'; readonly nth: number; readonly off: number }
  | { readonly kind: 'audit'; readonly moments: readonly number[] }
  | { readonly kind: 'batch'; readonly wishes: readonly Wish[]; readonly dryRun: boolean }
  | { readonly kind: 'one'; readonly wish: Wish; readonly dryRun: boolean }

/** The owner with huge amounts. The amounts of the others are small. */
const richOwner = 0
const owners = 5

const owner = fc.integer({ min: 1, max: owners - 1 })
const book = fc.constantFrom<Book>('own', 'own', 'gems')
const nonce = fc.integer({ min: 1, max: 400 })
const isRare = (times: number) => fc.integer({ min: 1, max: times }).map((n) => n === 1)
/** One of the newest, any of them, or none. */
function target(newest: number): fc.Arbitrary<Target> {
  return fc.oneof(
    { weight: 30, arbitrary: fc.integer({ min: 0, max: newest }) },
    { weight: 6, arbitrary: fc.nat({ max: 500 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  )
}
const small = fc.integer({ min: 1, max: 6 })
const leftOut = fc.constant(null)

/** An entry. The operation's rule allows its amount in nine of ten cases. */
function entryOf(operation: Operation, amount: fc.Arbitrary<number | null>): fc.Arbitrary<EntryWish> {
  return fc.record({
    owner,
    operation: fc.constant(operation),
    amount: fc.oneof({ weight: 9, arbitrary: amount }, { weight: 1, arbitrary: fc.oneof(small, leftOut) }),
    expires: fc.oneof({ weight: 60, arbitrary: leftOut }, { weight: 1, arbitrary: fc.constant(1000) }),
  })
}

const hours = 3_600_000

/** An entry whose credits make a lot. One owner has none, unless others send some. */
function lotEntry(operation: Operation, expires: fc.Arbitrary<number | null>): fc.Arbitrary<EntryWish> {
  return fc.record({
    owner: fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 1, max: owners - 2 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: owners - 1 }) },
    ),
    operation: fc.constant(operation),
    amount: small,
    expires,
  })
}

const soon = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(1, 2, 1000, 5000, 600_000, hours, hours, 26 * hours, 72 * hours) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, -1000) },
)
const mostlyLeftOut = fc.oneof({ weight: 6, arbitrary: leftOut }, { weight: 1, arbitrary: soon })
const mostlySoon = fc.oneof({ weight: 12, arbitrary: soon }, { weight: 1, arbitrary: leftOut })

const taking = {
  spend: entryOf(
    'CREDIT_SPEND',
    fc.oneof({ weight: 5, arbitrary: small }, { weight: 1, arbitrary: leftOut }),
  ),
  fee: entryOf('FEE', fc.constantFrom(2, null)),
  boost: entryOf('BOOST', fc.integer({ min: 1, max: 4 })),
  burn: entryOf('BURN', small),
  revived: fc.oneof(entryOf('RENT', small), entryOf('TICKET', small), entryOf('DEPOSIT', small)),
}
const ownEntry: fc.Arbitrary<EntryWish> = fc.oneof(
  {
    weight: 6,
    arbitrary: entryOf(
      'CREDIT_ADD',
      fc.oneof({ weight: 7, arbitrary: small }, { weight: 1, arbitrary: leftOut }),
    ),
  },
  { weight: 9, arbitrary: taking.spend },
  { weight: 3, arbitrary: taking.fee },
  { weight: 3, arbitrary: taking.boost },
  { weight: 2, arbitrary: taking.burn },
  { weight: 4, arbitrary: taking.revived },
  { weight: 2, arbitrary: entryOf('TIP', small) },
  { weight: 3, arbitrary: lotEntry('GIFT', mostlySoon) },
  ...(['BOUGHT', 'LAST', 'PROMO', 'PRIZE', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const).map((operation) => ({
    weight: 1,
    arbitrary: lotEntry(operation, mostlyLeftOut),
  })),
  { weight: 1, arbitrary: entryOf('STREAK', fc.constantFrom(1, null)) },
  { weight: 2, arbitrary: entryOf('NOTE', fc.constantFrom(0, null)) },
  { weight: 2, arbitrary: entryOf('BONUS', fc.constantFrom(1, 4, null)) },
  { weight: 2, arbitrary: entryOf('GRANT', small) },
  { weight: 2, arbitrary: entryOf('DAILY_REWARD', fc.constantFrom(1, null)) },
  { weight: 1, arbitrary: entryOf('SIGNUP_CREDIT', fc.constantFrom(3, null)) },
  {
    weight: 3,
    arbitrary: fc.record({
      owner: fc.constant(richOwner),
      operation: fc.constantFrom('CREDIT_ADD' as const, 'CREDIT_SPEND' as const),
      amount: fc.constantFrom(maxCredits, maxCredits - 1, maxCredits - 3, 2, 1),
      expires: leftOut,
    }),
  },
)
const spentGems = entryOf(
  'GEM_SPEND',
  fc.oneof({ weight: 5, arbitrary: small }, { weight: 1, arbitrary: leftOut }),
)
const gemEntry: fc.Arbitrary<EntryWish> = fc.oneof(
  { weight: 6, arbitrary: entryOf('GEM_ADD', small) },
  { weight: 8, arbitrary: spentGems },
  { weight: 3, arbitrary: entryOf('GEM_GIFT', fc.integer({ min: 1, max: 4 })) },
  { weight: 2, arbitrary: lotEntry('GEM_PRIZE', mostlyLeftOut) },
  { weight: 2, arbitrary: lotEntry('GEM_COUPON', mostlySoon) },
  { weight: 3, arbitrary: entryOf('GEM_RENT', small) },
  {
    weight: 1,
    arbitrary: fc.record({
      owner: fc.constant(richOwner),
      operation: fc.constantFrom('GEM_ADD' as const, 'GEM_SPEND' as const),
      amount: fc.constantFrom(maxCredits, maxCredits - 3, 2),
      expires: leftOut,
    }),
  },
)
const entry = fc.oneof({ weight: 4, arbitrary: ownEntry }, { weight: 1, arbitrary: gemEntry })
/** An entry of operations that only balanced transactions may have. */
const pairedEntry = fc.oneof(entryOf('TRANSFER_IN', small), entryOf('TRANSFER_OUT', small))
const balancedPair = fc
  .tuple(owner, owner, fc.integer({ min: 1, max: 5 }))
  .map(([from, to, amount]): EntryWish[] => [
    { owner: from, operation: 'TRANSFER_OUT', amount, expires: null },
    { owner: to, operation: 'TRANSFER_IN', amount, expires: null },
  ])
const takingEntry = fc.oneof(
  { weight: 6, arbitrary: taking.spend },
  { weight: 2, arbitrary: taking.fee },
  { weight: 5, arbitrary: taking.boost },
  { weight: 2, arbitrary: taking.burn },
  { weight: 4, arbitrary: taking.revived },
  { weight: 3, arbitrary: spentGems },
  { weight: 1, arbitrary: fc.oneof(entry, pairedEntry) },
)

/** Accounts are opened more often than frozen or closed, so that most of them are open. */
const stateOperation = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom<Operation>('ACCOUNT_OPENED', 'ACCOUNT_OPENED', 'GEMS_OPENED') },
  { weight: 2, arbitrary: fc.constantFrom<Operation>('SPENDING_FROZEN', 'ACCOUNT_FROZEN') },
  { weight: 3, arbitrary: fc.constant<Operation>('ACCOUNT_CLOSED') },
  { weight: 1, arbitrary: fc.constant<Operation>('GEMS_FROZEN') },
)
const stateEntry = fc.record({ owner, operation: stateOperation, amount: leftOut, expires: leftOut })
/** Operations that the ledger alone posts. */
const ledgersEntry = fc.oneof(entryOf('CREDIT_EXPIRED', small), entryOf('CREDIT_VOIDED', small))

function transaction(
  entries: fc.Arbitrary<readonly EntryWish[]>,
  balanced: fc.Arbitrary<boolean>,
): fc.Arbitrary<Wish> {
  return fc.record({
    do: fc.constant('postTransaction' as const),
    entries,
    nonce,
    balanced,
    metadata: isRare(4),
  })
}

function repeat(what: 'posting' | 'hold'): fc.Arbitrary<Wish> {
  return fc.record({
    do: fc.constant('repeat' as const),
    what: fc.constant(what),
    nth: fc.integer({ min: 0, max: 20 }),
    changed: isRare(4),
  })
}

const hold: fc.Arbitrary<Wish> = fc.record({
  do: fc.constant('hold' as const),
  entry: takingEntry,
  nonce,
  seconds: fc.constantFrom(1, 2, 5, 30, 600, 7200),
})
const release: fc.Arbitrary<Wish> = fc.record({ do: fc.constant('release' as const), target: target(5) })
const prolong: fc.Arbitrary<Wish> = fc.record({
  do: fc.constant('prolong' as const),
  target: target(3),
  seconds: fc.constantFrom(-5, 1, 30, 600, 7200, 364 * 86_400, 366 * 86_400),
})
const setOverdraft: fc.Arbitrary<Wish> = fc.record({
  do: fc.constant('setOverdraft' as const),
  owner: fc.oneof({ weight: 5, arbitrary: owner }, { weight: 2, arbitrary: fc.constant(richOwner) }),
  book,
  limit: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0, 0, 1, 3, 8, 8) },
    { weight: 1, arbitrary: fc.constant(maxCredits) },
  ),
})

/** Requests that become entries. */
const posting: fc.Arbitrary<Wish> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      do: fc.constant('postEntry' as const),
      entry: fc.oneof(
        { weight: 60, arbitrary: entry },
        { weight: 2, arbitrary: pairedEntry },
        { weight: 1, arbitrary: ledgersEntry },
      ),
      nonce,
      metadata: isRare(4),
    }),
  },
  { weight: 8, arbitrary: transaction(fc.array(ownEntry, { minLength: 1, maxLength: 5 }), isRare(12)) },
  { weight: 2, arbitrary: transaction(fc.array(gemEntry, { minLength: 1, maxLength: 4 }), isRare(12)) },
  { weight: 1, arbitrary: transaction(fc.array(entry, { minLength: 2, maxLength: 4 }), isRare(12)) },
  {
    weight: 1,
    arbitrary: transaction(
      fc.tuple(stateEntry, entry).map(([one, other]) => [other, one]),
      isRare(12),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('setState' as const),
      owner,
      operation: stateOperation,
      nonce,
      explained: isRare(8).map((rare) => !rare),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('exchange' as const),
      owner: fc.oneof({ weight: 9, arbitrary: owner }, { weight: 1, arbitrary: fc.constant(richOwner) }),
      amount: fc.constantFrom(2, 2, 2, 4, 4, 3, 6),
      nonce,
    }),
  },
  {
    weight: 4,
    arbitrary: transaction(
      fc.tuple(balancedPair, balancedPair).map((pairs) => pairs.flat()),
      isRare(8).map((rare) => !rare),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('transfer' as const),
      from: fc.oneof({ weight: 9, arbitrary: owner }, { weight: 1, arbitrary: fc.constant(richOwner) }),
      to: fc.oneof({ weight: 7, arbitrary: owner }, { weight: 3, arbitrary: fc.constant(richOwner) }),
      amount: fc.integer({ min: 1, max: 6 }),
      nonce,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('reverse' as const), target: target(15), nonce }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('refund' as const),
      target: target(15),
      amount: fc.integer({ min: 1, max: 4 }),
      nonce,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('capture' as const),
      target: target(3),
      amount: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 5 })),
      keeps: fc.boolean(),
      nonce,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('void' as const),
      target: target(12),
      nonce,
      explained: isRare(8).map((rare) => !rare),
    }),
  },
  {
    weight: 7,
    arbitrary: repeat('posting'),
  },
)

/** Requests that may share a batch. */
const batchable: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 14, arbitrary: posting },
  { weight: 2, arbitrary: hold },
  { weight: 1, arbitrary: release },
  { weight: 1, arbitrary: prolong },
  { weight: 1, arbitrary: setOverdraft },
)

const entryPosting = posting.filter((wish) => wish.do === 'postEntry' || wish.do === 'repeat')

/** Requests that are sent alone. */
const alone: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 12, arbitrary: hold },
  { weight: 2, arbitrary: repeat('hold') },
  { weight: 4, arbitrary: release },
  { weight: 4, arbitrary: prolong },
  { weight: 6, arbitrary: setOverdraft },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('balance' as const, 'liveHolds' as const, 'liveLots' as const),
      owner,
      book,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('balanceAt' as const),
      owner,
      book,
      ago: fc.nat({ max: 100_000_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('holdAnswer' as const), target: target(8) }) },
  { weight: 8, arbitrary: posting },
)

const second = 1000
const clockStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('clock' as const),
  by: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 * second }) },
    { weight: 4, arbitrary: fc.integer({ min: second, max: 900 * second }) },
    { weight: 3, arbitrary: fc.integer({ min: 900 * second, max: 10 * 3600 * second }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 * 86_400 }).map((seconds) => seconds * second) },
    { weight: 4, arbitrary: fc.integer({ min: -900 * second, max: -1 }) },
    { weight: 1, arbitrary: fc.integer({ min: -30 * 3600 * second, max: -1 }) },
  ),
})

const edgeStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('edge' as const),
  nth: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 3 }) }),
  off: fc.constantFrom(-1, -0.001, 0, 0, 0.001, 1),
})
const moments = fc.array(fc.nat(), { minLength: 1, maxLength: 4 })
const auditStep: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('audit' as const), moments })

/** Moments to look back at, at the end of a history. */
export const lastMoments = fc.array(fc.nat(), { minLength: 6, maxLength: 12 })

const batchSize = [
  { weight: 10, size: { minLength: 1, maxLength: 12 } },
  { weight: 3, size: { minLength: 10, maxLength: 60 } },
  { weight: 1, size: { minLength: 100, maxLength: 256 } },
] as const
const batchStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('batch' as const),
  wishes: fc.oneof(
    ...batchSize.flatMap(({ weight, size }) => [
      { weight: 2 * weight, arbitrary: fc.array(batchable, size) },
      { weight, arbitrary: fc.array(entryPosting, size) },
    ]),
  ),
  dryRun: isRare(12),
})
const oneStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('one' as const),
  wish: alone,
  dryRun: isRare(12),
})

/** Steps during which the clock stands still. */
export function stillSteps(length: { minLength: number; maxLength: number }): fc.Arbitrary<Step[]> {
  return fc.array(fc.oneof({ weight: 6, arbitrary: oneStep }, { weight: 1, arbitrary: batchStep }), length)
}

function makesLots(wish: Wish): boolean {
  const entries = wish.do === 'postTransaction' ? wish.entries : wish.do === 'postEntry' ? [wish.entry] : []
  return entries.some(({ operation }) => 'lot' in operations[operation])
}

/** Postings one by one, without captures, of accounts without lots: the entries alone tell everything. */
export function sharedSteps(maxLength: number): fc.Arbitrary<Step[]> {
  const wish = posting.filter((wish) => wish.do !== 'capture' && wish.do !== 'void' && !makesLots(wish))
  const step = fc.record({ kind: fc.constant('one' as const), wish, dryRun: fc.constant(false) })
  return fc.array(step, { maxLength })
}

export function histories(length: { minLength: number; maxLength: number }): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.oneof(
      { weight: 24, arbitrary: oneStep },
      { weight: 5, arbitrary: batchStep },
      { weight: 6, arbitrary: clockStep },
      { weight: 3, arbitrary: edgeStep },
      { weight: 1, arbitrary: auditStep },
    ),
    length,
  )
}

/** Postings at the same time: in one turn of the event loop, and in the next ones. */
export type Crowd = readonly (readonly Wish[])[]

const crowdSize = [
  { weight: 6, size: { minLength: 1, maxLength: 12 } },
  { weight: 3, size: { minLength: 10, maxLength: 60 } },
  { weight: 1, size: { minLength: 100, maxLength: 300 } },
] as const
const crowd: fc.Arbitrary<Crowd> = fc.array(
  fc.oneof(...crowdSize.map(({ weight, size }) => ({ weight, arbitrary: fc.array(batchable, size) }))),
  { minLength: 1, maxLength: 4 },
)

/** A posting while nothing else is under way. */
const lonely = (nonce: number): Crowd => {
  const entry = { owner: 1, operation: 'CREDIT_ADD', amount: 3, expires: null } as const
  return [[{ do: 'postEntry', entry, nonce, metadata: false }]]
}

/**
 * Two lonely postings, a crowd larger than any batch, then crowds with steps between them. The first posting
 * makes the account, so only the second goes the way that is made for one entry.
 */
export function crowdedHistories(length: {
  minLength: number
  maxLength: number
}): fc.Arbitrary<(Crowd | Step)[]> {
  const large = fc.tuple(
    fc.array(batchable, { minLength: 400, maxLength: 400 }),
    fc.array(batchable, { minLength: 100, maxLength: 100 }),
  )
  const rest = fc.array(
    fc.oneof<fc.WeightedArbitrary<Crowd | Step>[]>(
      { weight: 6, arbitrary: oneStep },
      { weight: 3, arbitrary: crowd },
      { weight: 1, arbitrary: clockStep },
      { weight: 1, arbitrary: edgeStep },
    ),
    length,
  )
  return fc.tuple(large, rest).map(([first, later]) => [lonely(1), lonely(2), first, ...later])
}

/** How far the clock jumps. */
export const clockJump: fc.Arbitrary<number> = clockStep.map((step) => (step.kind === 'clock' ? step.by : 0))
