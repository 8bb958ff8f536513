import { describe, expect, test } from 'vitest'
import { openGraph } from './open-graph.ts'

const { ledger, run, mutate, give, amounts, shiftClock } = await openGraph()

const balance = 'balance { amount held overdraft available }'
const holdFields =
  'id ownerId operation amount captured nonce metadata status capturedBy { id holdId } captures { id amount } createdOn expiresOn releasedOn'
const ended = '... on HoldEndedError { ended: hold { status } }'

const hold = (input: object) =>
  mutate('holdCredits', input, `... on HoldCreditsSuccess { hold { ${holdFields} } ${balance} }`)
const capture = (input: object) =>
  mutate(
    'captureHold',
    input,
    `... on CaptureHoldSuccess { entry { id amount operation holdId } hold { ${holdFields} } ${balance} }`,
  )
const release = async (id: string) => {
  const result = await run(
    `mutation ($id: ID!) { releaseHold(id: $id) {
      __typename ... on Error { code } ${ended} ... on ReleaseHoldSuccess { hold { ${holdFields} } ${balance} }
    } }`,
    { id },
  )
  return result.data?.releaseHold ?? result
}
const read = async (id: string) =>
  (await run('query ($id: ID!) { ledgerHold(id: $id) { id status } }', { id })).data.ledgerHold
const live = async (ownerId: string) =>
  (await run('query ($ownerId: String!) { ledgerHolds(ownerId: $ownerId) { id } }', { ownerId })).data
    .ledgerHolds

const spend = (ownerId: string, amount: number, nonce: string) => ({
  ownerId,
  operation: 'CREDIT_SPEND',
  amount,
  nonce,
  expiresIn: 60,
})

describe('a hold', () => {
  test('sets credits aside until it is captured, in part', async () => {
    await give('guest', 10)
    const held = await hold({ ...spend('guest', 6, 'h'), metadata: { room: '12' } })
    expect(held).toMatchObject({
      __typename: 'HoldCreditsSuccess',
      hold: {
        ownerId: 'guest',
        operation: 'CREDIT_SPEND',
        amount: 6,
        nonce: 'h',
        metadata: { room: '12' },
        status: 'HELD',
        capturedBy: null,
        releasedOn: null,
      },
      balance: { amount: 10, held: 6, overdraft: 0, available: 4 },
    })
    const { id, createdOn, expiresOn } = held.hold
    expect(Date.parse(expiresOn) - Date.parse(createdOn)).toBe(60_000)
    expect(await live('guest')).toEqual([{ id }])
    expect(await hold(spend('guest', 5, 'more'))).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      current: { amount: 10, available: 4 },
    })

    const captured = await capture({ id, amount: 2, nonce: 'c' })
    expect(captured).toMatchObject({
      __typename: 'CaptureHoldSuccess',
      entry: { amount: -2, operation: 'CREDIT_SPEND', holdId: id },
      hold: { id, status: 'CAPTURED', capturedBy: { id: captured.entry.id, holdId: id } },
      balance: { amount: 8, held: 0, available: 8 },
    })
    expect(await capture({ id, amount: 2, nonce: 'c' })).toMatchObject({
      identical: true,
      original: { id: captured.entry.id },
    })
    expect(await capture({ id, nonce: 'again' })).toMatchObject({
      __typename: 'HoldEndedError',
      code: 'HOLD_CAPTURED',
      ended: { id, status: 'CAPTURED' },
    })
    expect(await release(id)).toMatchObject({ code: 'HOLD_CAPTURED' })
    expect(await live('guest')).toEqual([])
  })

  test('can be released again and again', async () => {
    await give('quitter', 10)
    const { id } = (await hold(spend('quitter', 10, 'h'))).hold
    for (let times = 0; times < 2; times += 1) {
      expect(await release(id)).toMatchObject({
        __typename: 'ReleaseHoldSuccess',
        hold: { id, status: 'RELEASED' },
        balance: { held: 0, available: 10 },
      })
    }
    expect(await capture({ id, nonce: 'c' })).toMatchObject({
      code: 'HOLD_RELEASED',
      ended: { status: 'RELEASED' },
    })
    expect(await read(id)).toEqual({ id, status: 'RELEASED' })
  })

  test('expires by itself', async () => {
    await give('late', 10)
    const { id } = (await hold({ ...spend('late', 10, 'h'), expiresIn: 1 })).hold
    await shiftClock('2 seconds')
    expect(await read(id)).toEqual({ id, status: 'EXPIRED' })
    expect(await capture({ id, nonce: 'c' })).toMatchObject({
      code: 'HOLD_EXPIRED',
      ended: { status: 'EXPIRED' },
    })
    expect(await release(id)).toMatchObject({ hold: { status: 'EXPIRED' }, balance: { available: 10 } })
    expect(await live('late')).toEqual([])
  })

  test('in a dry run, returns the outcome and writes nothing', async () => {
    await give('trier', 10)
    expect(await hold({ ...spend('trier', 6, 'h'), dryRun: true })).toMatchObject({
      hold: { id: expect.stringMatching(/^dry-run:/), status: 'HELD' },
      balance: { available: 4 },
    })
    expect(await live('trier')).toEqual([])
    const { id } = (await hold(spend('trier', 6, 'h'))).hold
    const tried = await capture({ id, nonce: 'c', dryRun: true })
    expect(tried).toMatchObject({
      entry: { id: expect.stringMatching(/^dry-run:/), amount: -6 },
      hold: {
        id: expect.stringMatching(/^dry-run:/),
        status: 'CAPTURED',
        capturedBy: { id: tried.entry.id, holdId: id },
      },
      balance: { amount: 4 },
    })
    const captured = await ledger.captureHold({ id, nonce: 'c', dryRun: true })
    expect(captured).toMatchObject({ hold: { id, status: 'CAPTURED', capturedBy: '0' } })
    expect(await read(id)).toEqual({ id, status: 'HELD' })
  })

  test('shares its nonces with postings, and a duplicate names the one or the other', async () => {
    await give('sharer', 10)
    const { id } = (await hold(spend('sharer', 1, 'shared'))).hold
    expect(await hold(spend('sharer', 1, 'shared'))).toMatchObject({
      identical: true,
      originalHold: { id },
    })
    const input = { ownerId: 'sharer', operation: 'CREDIT_SPEND', nonce: 'shared' }
    expect(await mutate('postLedgerEntry', input, '')).toMatchObject({
      identical: false,
      originalHold: { id },
    })
    await mutate('postLedgerEntry', { ...input, nonce: 'entry' }, '')
    expect(await hold(spend('sharer', 1, 'entry'))).toMatchObject({
      __typename: 'DuplicateNonceError',
      identical: false,
    })
  })

  test.each(['', '0', '-1', 'none', '999999999', '9'.repeat(30), 'a\0'])(
    'that is not there is not found (%#)',
    async (id) => {
      expect(await read(id)).toBeNull()
      expect(await release(id)).toMatchObject({ __typename: 'NotFoundError', code: 'HOLD_NOT_FOUND' })
      expect(await capture({ id, nonce: 'n' })).toMatchObject({ code: 'HOLD_NOT_FOUND' })
    },
  )

  test.each([
    ['ownerId', ''],
    ['operation', 'CREDIT_ADD'],
    ['operation', 'TRANSFER_OUT'],
    ['amount', 0],
    ['amount', -1],
    ['nonce', ''],
    ['expiresIn', 0],
    ['expiresIn', -1],
    ['expiresIn', 31_536_001],
    ['metadata.k', { k: '\0' }],
  ])('refuses a bad %s (%j)', async (field, value) => {
    const input = { ...spend('bad', 1, 'bad'), [field.split('.')[0] ?? '']: value }
    expect(await hold(input)).toMatchObject({ __typename: 'ValidationError', errors: [{ field }] })
  })

  test.each([
    ['expiresIn', null],
    ['expiresIn', 1.5],
    ['expiresIn', 2 ** 31],
    ['expiresIn', '60'],
    ['operation', 'PROJECT_SPENDING'],
    ['amount', 1e30],
  ])('refuses %s of another type (%j)', async (field, value) => {
    const { errors } = await hold({ ...spend('bad', 1, 'bad'), [field]: value })
    expect(errors[0].message).toContain(field)
  })

  test('is captured in parts, and says by which entries', async () => {
    await give('parts', 10)
    const { hold: held } = await hold(spend('parts', 6, 'h'))
    const tried = await capture({ id: held.id, amount: 2, keepRest: true, nonce: 'one', dryRun: true })
    expect(tried).toMatchObject({
      hold: { status: 'HELD', captured: 2, capturedBy: null, captures: [{ id: tried.entry.id, amount: -2 }] },
      balance: { amount: 8, held: 4 },
    })
    const one = await capture({ id: held.id, amount: 2, keepRest: true, nonce: 'one' })
    expect(one).toMatchObject({
      hold: { id: held.id, status: 'HELD', captured: 2, captures: [{ id: one.entry.id, amount: -2 }] },
      balance: { amount: 8, held: 4, available: 4 },
    })
    const two = await capture({ id: held.id, nonce: 'two' })
    expect(two).toMatchObject({
      entry: { amount: -4, holdId: held.id },
      hold: { status: 'CAPTURED', captured: 6, capturedBy: { id: two.entry.id } },
      balance: { amount: 4, held: 0 },
    })
    expect(two.hold.captures.map(({ id }: { id: string }) => id)).toEqual([one.entry.id, two.entry.id])
  })

  test('is prolonged, up to 365 days', async () => {
    await give('longer', 10)
    const { hold: held } = await hold(spend('longer', 6, 'h'))
    const day = (days: number) => new Date(Date.parse(held.createdOn) + days * 86_400_000).toISOString()
    const prolong = (input: object) =>
      mutate(
        'prolongHold',
        input,
        `... on ProlongHoldSuccess { hold { id status expiresOn } ${balance} }
         ... on ValidationError { errors { field message } } ${ended}`,
      )
    expect(await prolong({ id: held.id, expiresOn: day(30) })).toEqual({
      __typename: 'ProlongHoldSuccess',
      hold: { id: held.id, status: 'HELD', expiresOn: day(30) },
      balance: { amount: 10, held: 6, overdraft: 0, available: 4 },
    })
    expect(await prolong({ id: held.id, expiresOn: day(366) })).toMatchObject({
      __typename: 'ValidationError',
      errors: [{ field: 'expiresOn' }],
    })
    await release(held.id)
    expect(await prolong({ id: held.id, expiresOn: day(40) })).toMatchObject({
      code: 'HOLD_RELEASED',
      ended: { status: 'RELEASED' },
    })
    expect(await prolong({ id: '999', expiresOn: day(40) })).toMatchObject({ code: 'HOLD_NOT_FOUND' })
  })

  test('is captured up to its amount', async () => {
    await give('capped', 10)
    const { id } = (await hold(spend('capped', 5, 'h'))).hold
    for (const amount of [0, -1, 6]) {
      expect(await capture({ id, amount, nonce: 'c' })).toMatchObject({ errors: [{ field: 'amount' }] })
    }
    expect(await capture({ id, nonce: '' })).toMatchObject({ errors: [{ field: 'nonce' }] })
    expect(await amounts('capped')).toEqual([10])
  })

  test('of an invalid owner is refused in a read', async () => {
    const { errors } = await run('{ ledgerHolds(ownerId: "") { id } }')
    expect(errors[0].message).toBe('ownerId must be 1 to 255 characters long')
  })
})
