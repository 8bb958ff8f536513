/** The groups of the ledger's routes in openapi.json. */
export const ledgerTags = {
  entries: 'Posting to one account, and what was posted.',
  balances: 'What owners have and can spend.',
  transactions: 'Several entries as one: all of them or none.',
  holds: 'Credits set aside for a later entry.',
  lots: 'Parts of a balance that may expire.',
  operations: 'What the app can do with credits.',
  health: 'Whether the app can serve.',
} as const

export type LedgerTag = keyof typeof ledgerTags
