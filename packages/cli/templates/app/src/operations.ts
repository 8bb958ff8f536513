import { defineOperations, sharedOperations } from '@shared-ledger/ledger'

/** What the app can do with credits. */
export const operations = defineOperations({
  ...sharedOperations,
  PURCHASE: { amount: -2, description: 'The price of a purchase.' },
})
