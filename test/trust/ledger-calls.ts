/** The ids of what ann has, for the calls below. */
export interface Known {
  readonly entry: string
  readonly transaction: string
  readonly hold: string
  readonly lot: string
  readonly project: string
  readonly content: string
}

interface Call {
  /** Returns the field as a document selects it. */
  readonly field: (known: Known, nonce: string) => string
  /** Returns the same request over REST: method, path, body. */
  readonly rest?: (known: Known, nonce: string) => readonly [string, string, object?]
}

const error = '... on Error { code }'
const since = '2026-01-01T00:00:00Z'
const till = '2026-01-02T00:00:00Z'
const post = (operation = 'CREDIT_ADD') => ({ owner_id: 'ann', operation })

/** Each root field of the apps' graphs, called for ann's account. */
export const calls: Readonly<Record<string, Call>> = {
  balance: {
    field: () => '(ownerId: "ann") { ownerId amount }',
    rest: () => ['GET', '/ledger/ann'],
  },
  ledgerEntry: {
    field: ({ entry }) =>
      `(id: "${entry}") { id ownerId nonce metadata transaction { id nonce entries { ownerId } } }`,
    rest: ({ entry }) => ['GET', `/ledger/entries/${entry}`],
  },
  ledgerEntryByNonce: {
    field: () => '(ownerId: "ann", nonce: "alone") { id ownerId }',
    rest: () => ['GET', '/ledger/ann/entry?nonce=alone'],
  },
  ledgerEntries: {
    field: () => '(ownerId: "ann") { edges { node { id ownerId nonce metadata } } }',
    rest: () => ['GET', '/ledger/ann/entries'],
  },
  accountEntries: {
    field: () => '(ownerId: "ann") { edges { node { ... on LedgerEntry { id ownerId nonce metadata } } } }',
    rest: () => ['GET', '/ledger/ann/account'],
  },
  ledgerOperations: {
    field: () => '{ name }',
    rest: () => ['GET', '/operations'],
  },
  ledgerTransaction: {
    field: ({ transaction }) =>
      `(id: "${transaction}") { id nonce metadata entries { id ownerId nonce metadata } }`,
    rest: ({ transaction }) => ['GET', `/ledger/transactions/${transaction}`],
  },
  ledgerHold: {
    field: ({ hold }) => `(id: "${hold}") { id ownerId }`,
    rest: ({ hold }) => ['GET', `/ledger/holds/${hold}`],
  },
  ledgerHolds: {
    field: () => '(ownerId: "ann") { id ownerId }',
    rest: () => ['GET', '/ledger/ann/holds'],
  },
  ledgerSummary: {
    field: () => `(ownerId: "ann", from: "${since}", to: "${till}", per: DAY) { count }`,
    rest: () => ['GET', `/ledger/ann/summary?from=${since}&to=${till}&per=day`],
  },
  ledgerAccounts: {
    field: () => '{ edges { node { ownerId } } }',
    rest: () => ['GET', '/ledger'],
  },
  ledgerTotals: {
    field: () => '{ accounts amount }',
    rest: () => ['GET', '/operations/totals'],
  },
  ledgerOutstanding: {
    field: () => `(from: "${since}", to: "${till}", per: DAY) { start amount }`,
    rest: () => ['GET', `/operations/outstanding?from=${since}&to=${till}&per=day`],
  },
  ledgerStatus: { field: () => '{ app version }' },
  project: { field: ({ project }) => `(id: "${project}") { id clientId transaction { id } }` },
  content: { field: ({ content }) => `(id: "${content}") { id title }` },
  contents: { field: () => '(ownerId: "ann") { id }' },
  postLedgerEntry: {
    field: (_, nonce) =>
      `(input: { ownerId: "ann", operation: CREDIT_ADD, nonce: "${nonce}" }) { __typename ${error} }`,
    rest: (_, nonce) => ['POST', '/ledger', { ...post(), nonce }],
  },
  postLedgerEntries: {
    field: (_, nonce) =>
      `(inputs: [{ ownerId: "ann", operation: CREDIT_ADD, nonce: "${nonce}" }]) { __typename ${error} }`,
    rest: (_, nonce) => ['POST', '/ledger/batch', { entries: [{ ...post(), nonce }] }],
  },
  postLedgerTransaction: {
    field: (_, nonce) =>
      `(input: { nonce: "${nonce}", entries: [{ ownerId: "ann", operation: CREDIT_ADD }] }) { __typename ${error} }`,
    rest: (_, nonce) => ['POST', '/ledger/transactions', { nonce, entries: [post()] }],
  },
  transferCredits: {
    field: (_, nonce) =>
      `(input: { from: "ann", to: "zoe", amount: 1, nonce: "${nonce}" }) { __typename ${error} }`,
    rest: (_, nonce) => ['POST', '/ledger/transfers', { from: 'ann', to: 'zoe', amount: 1, nonce }],
  },
  holdCredits: {
    field: (_, nonce) =>
      `(input: { ownerId: "ann", operation: CREDIT_SPEND, expiresIn: 60, nonce: "${nonce}" }) { __typename ${error} }`,
    rest: (_, nonce) => ['POST', '/ledger/holds', { ...post('CREDIT_SPEND'), expires_in: 60, nonce }],
  },
  captureHold: {
    field: ({ hold }, nonce) => `(input: { id: "${hold}", nonce: "${nonce}" }) { __typename ${error} }`,
    rest: ({ hold }, nonce) => ['POST', `/ledger/holds/${hold}/capture`, { nonce }],
  },
  ledgerLot: {
    field: ({ lot }) => `(id: "${lot}") { id ownerId }`,
    rest: ({ lot }) => ['GET', `/ledger/lots/${lot}`],
  },
  ledgerLots: {
    field: () => '(ownerId: "ann") { edges { node { id ownerId } } }',
    rest: () => ['GET', '/ledger/ann/lots'],
  },
  ledgerLotSummary: {
    field: () => `(ownerId: "ann", from: "${since}", to: "${till}", per: DAY) { kind granted }`,
    rest: () => ['GET', `/ledger/ann/lots/summary?from=${since}&to=${till}&per=day`],
  },
  voidLot: {
    field: ({ lot }, nonce) =>
      `(input: { id: "${lot}", nonce: "${nonce}", metadata: { reason: "fraud" } }) { __typename ${error} }`,
    rest: ({ lot }, nonce) => ['POST', `/ledger/lots/${lot}/void`, { nonce, metadata: { reason: 'fraud' } }],
  },
  prolongHold: {
    field: ({ hold }) =>
      `(input: { id: "${hold}", expiresOn: "2026-12-24T18:00:00Z" }) { __typename ${error} }`,
    rest: ({ hold }) => ['POST', `/ledger/holds/${hold}/prolong`, { expires_on: '2026-12-24T18:00:00Z' }],
  },
  releaseHold: {
    field: ({ hold }) => `(id: "${hold}") { __typename ${error} }`,
    rest: ({ hold }) => ['POST', `/ledger/holds/${hold}/release`],
  },
  reverseLedgerTransaction: {
    field: ({ transaction }, nonce) =>
      `(input: { id: "${transaction}", nonce: "${nonce}" }) { __typename ${error} }`,
    rest: ({ transaction }, nonce) => ['POST', `/ledger/transactions/${transaction}/reverse`, { nonce }],
  },
  refundLedgerEntry: {
    field: ({ entry }, nonce) =>
      `(input: { id: "${entry}", amount: 1, nonce: "${nonce}" }) { __typename ${error} }`,
    rest: ({ entry }, nonce) => ['POST', `/ledger/entries/${entry}/refund`, { amount: 1, nonce }],
  },
  setOverdraft: {
    field: () => `(input: { ownerId: "ann", limit: 5 }) { __typename ${error} }`,
    rest: () => ['PUT', '/ledger/ann/overdraft', { limit: 5 }],
  },
  createProject: {
    field: () =>
      `(input: { clientId: "ann", freelancerId: "bob", title: "A logo", price: 1 }) { __typename ${error} }`,
    rest: () => ['POST', '/projects', { client_id: 'ann', freelancer_id: 'bob', title: 'A logo', price: 1 }],
  },
  payProject: {
    field: ({ project }, nonce) =>
      `(input: { projectId: "${project}", nonce: "${nonce}" }) { __typename ${error} }`,
    rest: ({ project }, nonce) => ['POST', `/projects/${project}/pay`, { nonce }],
  },
  grantGoodwill: {
    field: ({ project }, nonce) =>
      `(input: { projectId: "${project}", amount: 1, nonce: "${nonce}" }) { __typename ${error} }`,
    rest: ({ project }, nonce) => ['POST', `/projects/${project}/goodwill`, { amount: 1, nonce }],
  },
  featureContent: {
    field: ({ content }, nonce) =>
      `(input: { contentId: "${content}", nonce: "${nonce}" }) { __typename ${error} }`,
    rest: ({ content }, nonce) => ['POST', `/content/${content}/feature`, { nonce }],
  },
  createContent: {
    field: (_, nonce) =>
      `(input: { ownerId: "ann", title: "T", body: "B", nonce: "${nonce}" }) { __typename ${error} }`,
    rest: (_, nonce) => ['POST', '/content', { owner_id: 'ann', title: 'T', body: 'B', nonce }],
  },
  accessContent: {
    field: ({ content }, nonce) =>
      `(input: { contentId: "${content}", ownerId: "ann", nonce: "${nonce}" }) { __typename ${error} }`,
    rest: ({ content }, nonce) => ['POST', `/content/${content}/access`, { owner_id: 'ann', nonce }],
  },
}
