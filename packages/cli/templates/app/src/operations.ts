import { defineOperations, sharedOperations } from '@shared-ledger/ledger'

/** The operations that the app posts. */
export const operations = defineOperations({
  ...sharedOperations,
  PURCHASE: { amount: -2, description: 'The price of a purchase.' },
})
