import {
  defineOperations,
  maxCredits,
  minCredits,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'

/** The freelance app's operations. */
export const operations = defineOperations({
  ...sharedOperations,
  ...transferOperations,
  PROJECT_PAYMENT: {
    amount: { min: 1, max: maxCredits },
    description: 'What a freelancer gets for a project.',
  },
  PROJECT_SPENDING: {
    amount: { min: minCredits, max: -1 },
    description: 'What a client pays for a project.',
  },
  PROJECT_GOODWILL: {
    amount: { min: 1, max: 100 },
    scope: 'correct',
    description: 'What a client gets for a project that went wrong.',
  },
})
