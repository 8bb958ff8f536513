import { defineOperations, lotOperations, sharedOperations } from '@shared-ledger/ledger'

export const operations = defineOperations({
  ...sharedOperations,
  ...lotOperations,
  MONTHLY: { amount: 100, lot: { expires: 'input', kind: 'promotional' } },
  ROLLOVER: { amount: { min: 1, max: 50 }, lot: { expires: 'input', kind: 'promotional' } },
})
