import {
  type AccountState,
  accountOperations,
  defineOperations,
  maxCredits,
  minCredits,
  sharedOperations,
  transferOperations,
} from '../../src/index.ts'

/**
 * Operations of every kind: fixed, ranged, free, paired, with a limit of every window, of credits and anchored, with a state,
 * in another book, and exchanged.
 */
function operationsWith(book: string) {
  return defineOperations({
    ...sharedOperations,
    ...transferOperations,
    ...accountOperations,
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
    GEMS_FROZEN: { amount: 0, state: 'SPENDING_FROZEN', scope: 'admin', book },
    GEMS_OPENED: { amount: 0, state: 'OPEN', scope: 'admin', book },
    GEM_ADD: { amount: { min: 1, max: maxCredits, default: 3 }, book },
    GEM_SPEND: { amount: { min: minCredits, max: -1, default: -1 }, book },
    GEM_GIFT: { amount: { min: 1, max: 4 }, limit: { times: 3, per: 'day' }, book },
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

/** Returns the names of an app's books. No other app has one of them. */
export function booksOfApp(app: string): Readonly<Record<Book, string>> {
  return { own: app, gems: `gems_${app}` }
}

/** Returns the operations as an app has them. */
export function operationsOf(app: string): typeof operations {
  return operationsWith(booksOfApp(app).gems)
}
