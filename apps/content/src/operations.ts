import { defineOperations, lotOperations, sharedOperations } from '@shared-ledger/ledger'

/** The content app's operations. */
export const operations = defineOperations({
  ...sharedOperations,
  ...lotOperations,
  DAILY_REWARD: { ...sharedOperations.DAILY_REWARD, lot: { expires: { days: 30 }, kind: 'promotional' } },
  CREDIT_ADD: { ...sharedOperations.CREDIT_ADD, lot: { expires: null, kind: 'paid' } },
  CONTENT_CREATION: { amount: -5, description: 'The price of publishing a content.' },
  CONTENT_FEATURE: { amount: 2, internal: true, description: 'What an author gets for a featured content.' },
  CONTENT_ACCESS: { amount: 0, description: 'Reading a content: free, but on record.' },
})
