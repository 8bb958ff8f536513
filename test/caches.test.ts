import { describe, expect, test } from 'vitest'
import { startFreelance } from '../apps/freelance/test/start-freelance.ts'
import { cachingClients } from './caching-clients.ts'

const { url, post } = await startFreelance()

/** Appends the fragments that a document uses. */
const complete = (document: string) => {
  const fragments = {
    BalanceParts: 'on LedgerBalance { id ownerId amount overdraft held available }',
    EntryParts: 'on LedgerEntry { id amount balanceAfter transaction { id entries { id amount } } }',
    HoldParts: 'on LedgerHold { id status releasedOn capturedBy { id amount } }',
  }
  const used = Object.entries(fragments).filter(([name]) => document.includes(`...${name}`))
  return [document, ...used.map(([name, parts]) => `fragment ${name} ${parts}`)].join('\n')
}

const balance = complete('query ($ownerId: String!) { balance(ownerId: $ownerId) { ...BalanceParts } }')
const pastBalance = complete(`query ($ownerId: String!, $asOf: DateTime!) {
  balance(ownerId: $ownerId, asOf: $asOf) { ...BalanceParts }
}`)

/** What a page about an owner shows. */
const account = complete(`query ($ownerId: String!) {
  balance(ownerId: $ownerId) { ...BalanceParts }
  ledgerEntries(ownerId: $ownerId) { edges { cursor node { ...EntryParts } } }
  ledgerHolds(ownerId: $ownerId) { ...HoldParts }
  ledgerAccounts(prefix: $ownerId) { edges { node { id entryCount balance { ...BalanceParts } } } }
}`)

const duplicates = `
  ... on DuplicateNonceError { identical entry { ...EntryParts } balance { ...BalanceParts } }
  ... on DuplicateHoldError { identical hold { ...HoldParts } balance { ...BalanceParts } }`
const refusals = `${duplicates}
  ... on InsufficientBalanceError { balance { ...BalanceParts } }`

/** Makes a mutation that selects everything in its answer. */
const mutation = (field: string, success: string, more = refusals) => {
  const name = `${field[0]?.toUpperCase()}${field.slice(1)}`
  return complete(`mutation ($input: ${name}Input!) {
    outcome: ${field}(input: $input) { __typename ... on ${name}Success { ${success} } ${more} }
  }`)
}

const oneEntry = 'entry { ...EntryParts } balance { ...BalanceParts }'
const transaction = 'transaction { id entries { ...EntryParts } } balances { ...BalanceParts }'
const postEntry = mutation('postLedgerEntry', oneEntry)
const postTransaction = mutation('postLedgerTransaction', transaction)
const transfer = mutation('transferCredits', transaction)
const reverse = mutation('reverseLedgerTransaction', transaction)
const refund = mutation('refundLedgerEntry', oneEntry)
const hold = mutation('holdCredits', 'hold { ...HoldParts } balance { ...BalanceParts }')
const capture = mutation('captureHold', `hold { ...HoldParts } ${oneEntry}`, duplicates)
const setOverdraft = mutation('setOverdraft', 'balance { ...BalanceParts }', '')
const release = complete(`mutation ($id: ID!) {
  outcome: releaseHold(id: $id) {
    ... on ReleaseHoldSuccess { hold { ...HoldParts } balance { ...BalanceParts } }
  }
}`)
const batch = complete(`mutation ($inputs: [PostLedgerEntryInput!]!, $dryRun: Boolean) {
  outcomes: postLedgerEntries(inputs: $inputs, dryRun: $dryRun) {
    __typename ... on PostLedgerEntrySuccess { ${oneEntry} } ${refusals}
  }
}`)

let count = 0
const nonce = () => `n${++count}`
const entry = (ownerId: string, amount: number) =>
  amount < 0
    ? { ownerId, operation: 'CREDIT_SPEND', amount: -amount }
    : { ownerId, operation: 'CREDIT_ADD', amount }

describe.each(cachingClients)('the cache of %s', (library, connect) => {
  /** Opens a client that shows the balances of two new owners. The first has 20 credits, an entry and a hold. */
  const open = async () => {
    const client = connect(`${url}/graphql`)
    const [ann, bob] = [`${library} "é.: ${nonce()}`, `${library} ${nonce()}`]
    const posting = (...given: Parameters<typeof entry>) => ({
      input: { ...entry(...given), nonce: nonce() },
    })
    const { outcome: posted } = await client.mutate(postEntry, posting(ann, 20))
    const { outcome: held } = await client.mutate(hold, {
      input: { ...entry(ann, -3), expiresIn: 3600, nonce: nonce() },
    })
    await client.query(account, { ownerId: ann })
    await client.query(account, { ownerId: bob })
    const shown = (ownerId: string) => client.cached(account, { ownerId })
    const balances = async () => [(await shown(ann)).balance, (await shown(bob)).balance]
    return { client, ann, bob, posted, held, posting, shown, balances }
  }

  test('shows the new balance after each command', async () => {
    const { client, ann, bob, posted, held, posting, balances } = await open()
    const expectBalances = async (ofAnn: object, ofBob: object) =>
      expect(await balances()).toMatchObject([ofAnn, ofBob])
    await expectBalances({ amount: 20, held: 3, available: 17 }, { amount: 0 })

    await client.mutate(transfer, { input: { from: ann, to: bob, amount: 5, nonce: nonce() } })
    await expectBalances({ amount: 15, available: 12 }, { amount: 5 })
    const { outcome } = await client.mutate(postTransaction, {
      input: { nonce: nonce(), entries: [entry(bob, 1), entry(ann, -2)] },
    })
    await expectBalances({ amount: 13 }, { amount: 6 })
    await client.mutate(reverse, { input: { id: outcome.transaction.id, nonce: nonce() } })
    await expectBalances({ amount: 15 }, { amount: 5 })
    await client.mutate(refund, { input: { id: posted.entry.id, amount: 3, nonce: nonce() } })
    await expectBalances({ amount: 12 }, { amount: 5 })
    const inputs = [posting(ann, 1), posting(bob, 1), posting(ann, -99), posting(ann, -2)].map(
      ({ input }) => input,
    )
    await client.mutate(batch, { inputs })
    await expectBalances({ amount: 11 }, { amount: 6 })
    await client.mutate(setOverdraft, { input: { ownerId: bob, limit: 4 } })
    await expectBalances({ amount: 11 }, { amount: 6, overdraft: 4, available: 10 })
    await client.mutate(capture, { input: { id: held.hold.id, amount: 2, nonce: nonce() } })
    await expectBalances({ amount: 9, held: 0, available: 9 }, { amount: 6 })
  })

  test('shows what became of a hold', async () => {
    const { client, ann, held, shown } = await open()
    const { outcome: other } = await client.mutate(hold, {
      input: { ...entry(ann, -4), expiresIn: 3600, nonce: nonce() },
    })
    await client.query(account, { ownerId: ann })
    expect((await shown(ann)).ledgerHolds).toMatchObject([{ status: 'HELD' }, { status: 'HELD' }])

    await client.mutate(release, { id: other.hold.id })
    const { outcome: captured } = await client.mutate(capture, {
      input: { id: held.hold.id, nonce: nonce() },
    })
    expect(await shown(ann)).toMatchObject({
      ledgerHolds: [{ status: 'RELEASED' }, { status: 'CAPTURED', capturedBy: { id: captured.entry.id } }],
      balance: { amount: 17, held: 0 },
    })
  })

  test('is not changed by a dry run', async () => {
    const { client, ann, bob, posted, held, shown, posting } = await open()
    const before = [await shown(ann), await shown(bob)]
    const dryRuns: readonly [string, object][] = [
      [postEntry, { ...entry(ann, 7), nonce: nonce() }],
      [postEntry, { ...entry(ann, 8), nonce: nonce() }],
      [postEntry, { ...entry(ann, -99), nonce: nonce() }],
      [postTransaction, { entries: [entry(ann, -2), entry(bob, 2), entry(ann, 1)], nonce: nonce() }],
      [transfer, { from: ann, to: bob, amount: 5, nonce: nonce() }],
      [reverse, { id: posted.entry.transaction.id, nonce: nonce() }],
      [refund, { id: posted.entry.id, amount: 1, nonce: nonce() }],
      [hold, { ...entry(ann, -1), expiresIn: 60, nonce: nonce() }],
      [capture, { id: held.hold.id, nonce: nonce() }],
    ]
    for (const [document, input] of dryRuns) {
      await client.mutate(document, { input: { ...input, dryRun: true } })
      expect([await shown(ann), await shown(bob)]).toEqual(before)
    }
    const twice = posting(ann, 2).input
    const { outcomes } = await client.mutate(batch, {
      inputs: [twice, twice, posting(ann, -99).input],
      dryRun: true,
    })
    expect(outcomes).toMatchObject([
      { balance: { amount: 22 } },
      { __typename: 'DuplicateNonceError', balance: { amount: 22 } },
      { __typename: 'InsufficientBalanceError', balance: { amount: 22 } },
    ])
    expect([await shown(ann), await shown(bob)]).toEqual(before)
  })

  test('keeps a past balance apart from the current one', async () => {
    const { client, ann, posted, posting } = await open()
    const { createdOn } = (
      await client.query('query ($id: ID!) { ledgerEntry(id: $id) { id createdOn } }', {
        id: posted.entry.id,
      })
    ).ledgerEntry
    const past = { ownerId: ann, asOf: createdOn }
    await client.mutate(postEntry, posting(ann, 5))
    await client.query(pastBalance, past)
    await client.query(pastBalance, { ownerId: ann, asOf: '2020-01-01T00:00:00Z' })
    expect(await client.cached(balance, { ownerId: ann })).toMatchObject({ balance: { amount: 25 } })

    await client.mutate(postEntry, posting(ann, 1))
    expect(await client.cached(balance, { ownerId: ann })).toMatchObject({ balance: { amount: 26 } })
    expect(await client.cached(pastBalance, past)).toMatchObject({ balance: { amount: 20, available: null } })
  })

  test('takes the balance from a refusal', async () => {
    const { client, ann, posting, balances } = await open()
    await post('/ledger', { owner_id: ann, operation: 'CREDIT_SPEND', amount: 9, nonce: nonce() })
    expect(await balances()).toMatchObject([{ amount: 20 }, { amount: 0 }])
    expect(await client.mutate(postEntry, posting(ann, -10))).toMatchObject({
      outcome: { __typename: 'InsufficientBalanceError' },
    })
    expect(await balances()).toMatchObject([{ amount: 11, held: 3, available: 8 }, { amount: 0 }])

    const again = posting(ann, 1)
    await client.mutate(postEntry, again)
    await post('/ledger', { owner_id: ann, operation: 'CREDIT_ADD', amount: 2, nonce: nonce() })
    expect(await client.mutate(postEntry, again)).toMatchObject({ outcome: { identical: true } })
    expect(await balances()).toMatchObject([{ amount: 14 }, { amount: 0 }])
  })

  test("follows an app's own mutation", async () => {
    const { client, ann, bob, balances } = await open()
    const create = `mutation ($input: CreateProjectInput!) {
      project: createProject(input: $input) { ... on Project { id paidOn } }
    }`
    const input = { clientId: ann, freelancerId: bob, title: 'Logo', price: 6 }
    const { project } = await client.mutate(create, { input })
    const shown = 'query ($id: ID!) { project(id: $id) { id paidOn } }'
    await client.query(shown, { id: project.id })
    const pay = complete(`mutation ($input: PayProjectInput!) {
      payProject(input: $input) { ... on PaidProject { project { id paidOn } balances { ...BalanceParts } } }
    }`)
    await client.mutate(pay, { input: { projectId: project.id, nonce: nonce() } })
    expect(await balances()).toMatchObject([{ amount: 14 }, { amount: 6 }])
    expect(await client.cached(shown, { id: project.id })).toMatchObject({
      project: { paidOn: expect.any(String) },
    })
  })
})
