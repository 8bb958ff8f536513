import {
  type AccountState,
  accountOperations,
  defineOperations,
  type LotExpiry,
  lotOperations,
  maxCredits,
  minCredits,
  sharedOperations,
  transferOperations,
} from '../../src/index.ts'

/**
 * Operations of every kind: fixed, ranged, free, paired, with a limit of every window, of credits and anchored, with a state,
 * in another book, exchanged, with a lot of every expiry, and with every way to revive credits.
 */
function operationsWith(book: string) {
  return defineOperations({
    ...sharedOperations,
    ...transferOperations,
    ...accountOperations,
    ...lotOperations,
    DAILY_REWARD: { ...sharedOperations.DAILY_REWARD, limit: { times: 2, per: 'day' } },
    SIGNUP_CREDIT: { ...sharedOperations.SIGNUP_CREDIT, limit: { times: 1, per: 'lifetime' } },
    FEE: { amount: -2 },
    NOTE: { amount: 0 },
    BOOST: { amount: { min: -4, max: -1 }, limit: { times: 3, per: 'hour' } },
    BONUS: { amount: { min: 1, max: 4, default: 2 }, limit: { times: 2, per: 'week' } },
    GRANT: { amount: { min: 1, max: 6 }, limit: { times: 3, per: 'month' } },
    BURN: { amount: { min: -6, max: -1 }, limit: { credits: 9, per: 'day', anchored: true } },
    TIP: { amount: { min: 1, max: 6 }, limit: { times: 3, credits: 11, per: 'hour' } },
    STREAK: { amount: 1, limit: { times: 2, per: 'hour', anchored: true } },
    BOUGHT: { amount: { min: 1, max: 9 }, lot: { expires: null } },
    LAST: { amount: { min: 1, max: 6 }, lot: { expires: null, priority: 100 } },
    GIFT: { amount: { min: 1, max: 6 }, lot: { expires: 'input', priority: 10 } },
    PROMO: { amount: { min: 1, max: 6 }, lot: { expires: { days: 1 }, kind: 'promotional' } },
    PRIZE: { amount: { min: 1, max: 6 }, lot: { expires: { endOf: 'day' }, priority: 50, kind: 'paid' } },
    WEEKLY: { amount: { min: 1, max: 6 }, lot: { expires: { endOf: 'week' }, kind: 'promotional' } },
    MONTHLY: { amount: { min: 1, max: 6 }, lot: { expires: { endOf: 'month' }, priority: 0 } },
    YEARLY: {
      amount: { min: 1, max: 6 },
      limit: { times: 6, per: 'hour' },
      lot: { expires: { endOf: 'year' }, priority: 60 },
    },
    RENT: { amount: { min: -6, max: -1 }, revive: { days: 2 } },
    TICKET: { amount: { min: -6, max: -1 }, revive: { endOf: 'week' } },
    DEPOSIT: { amount: { min: -6, max: -1 }, revive: null },
    GEMS_FROZEN: { amount: 0, state: 'SPENDING_FROZEN', scope: 'admin', book },
    GEMS_OPENED: { amount: 0, state: 'OPEN', scope: 'admin', book },
    GEM_ADD: { amount: { min: 1, max: maxCredits, default: 3 }, book },
    GEM_SPEND: { amount: { min: minCredits, max: -1, default: -1 }, book },
    GEM_GIFT: { amount: { min: 1, max: 4 }, limit: { times: 3, per: 'day' }, book },
    GEM_PRIZE: {
      amount: { min: 1, max: 6 },
      lot: { expires: { days: 2 }, priority: 70, kind: 'promotional' },
      book,
    },
    GEM_COUPON: { amount: { min: 1, max: 6 }, lot: { expires: 'input' }, book },
    GEM_RENT: { amount: { min: -6, max: -1 }, revive: { endOf: 'day' }, book },
    GEMS_PAID: { amount: { min: -4, max: -1 }, exchange: { into: 'GEMS_BOUGHT', rate: { give: 2, get: 3 } } },
    GEMS_BOUGHT: { amount: { min: 1, max: maxCredits }, book },
  })
}

export const operations = operationsWith('gems')
export type Operation = keyof typeof operations

/** A book as the model names it. */
export type Book = 'own' | 'gems'

export function bookOf(operation: Operation): Book {
  return 'book' in operations[operation] ? 'gems' : 'own'
}

/** Returns what an operation makes of its account. */
export function stateOf(operation: Operation): AccountState | undefined {
  const definition = operations[operation]
  return 'state' in definition ? definition.state : undefined
}

/** Returns how long credits are good that a correction gives back to a lot that has expired. */
export function reviveOf(operation: Operation): LotExpiry | null | undefined {
  const definition = operations[operation]
  return 'revive' in definition ? definition.revive : undefined
}

/** Returns the names of an app's books. No other app has one of them. */
export function booksOfApp(app: string): Readonly<Record<Book, string>> {
  return { own: app, gems: `gems_${app}` }
}

/** Returns the operations as an app has them. */
export function operationsOf(app: string): typeof operations {
  return operationsWith(booksOfApp(app).gems)
}
