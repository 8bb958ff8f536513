import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { printedHere } from './support/command.ts'
import { openShop } from './support/shop.ts'

const shop = await openShop()
const plain = await openShop({ operations: 'shared' })
const home = mkdtempSync(path.join(tmpdir(), 'shared-ledger-'))
afterAll(() => rmSync(home, { recursive: true }))

type Typed = Pick<NonNullable<Parameters<typeof printedHere>[3]>, 'keys' | 'columns'>

/** Runs a command line against an app, outside of a project and without a profile. */
const call = (line: string, typed: Typed = {}, { url } = shop) => {
  const args = line.split(' ').map((word) => word.replaceAll('%20', ' '))
  const env = { XDG_CONFIG_HOME: home, SHARED_LEDGER_URL: url, TZ: 'UTC' }
  return printedHere('', '/', args, { env, ...typed })
}

const json = async (line: string) => JSON.parse((await call(`${line} --json`)).stdout)

let count = 0
const newOwner = () => `owner-${++count}`

describe('reads', () => {
  test('balance, for a person and for a program', async () => {
    const ada = newOwner()
    await shop.give(ada, 10)
    expect(await call(`balance ${ada}`)).toMatchObject({
      code: 0,
      stdout: `owner      ${ada}\nbalance    10\navailable  10\nstate      OPEN`,
      stderr: '',
    })
    expect(await json(`balance ${ada}`)).toEqual({
      balance: { ownerId: ada, amount: 10, overdraft: 0, held: 0, available: 10, state: 'OPEN' },
      expiring: null,
    })
    expect(await json(`balance ${ada} --as-of 2020-01-01`)).toEqual({ balance: { ownerId: ada, amount: 0 } })
  })

  test('entries page by page, with filters, and an owner that would move the cursor', async () => {
    const evil = 'a\u001b[2J'
    for (const order of ['a', 'b', 'a']) await shop.give(evil, 1, { order })
    const page = await json(`entries ${evil} --limit 2 --oldest-first`)
    expect(page).toMatchObject({ entries: [{ seq: 1 }, { seq: 2 }], hasMore: true })
    const rest = await json(`entries ${evil} --limit 2 --oldest-first --after ${page.endCursor}`)
    expect(rest).toMatchObject({ entries: [{ seq: 3 }], hasMore: false })
    expect(await json(`entries ${evil} --metadata order=a`)).toMatchObject({
      entries: [{ seq: 3 }, { seq: 1 }],
    })
    const { stdout } = await call(`entries ${evil} --limit 1`)
    expect(stdout).toContain('a\\u{1b}[2J')
    expect(stdout).toMatch(/^There are more: --after \S+$/m)
    expect(stdout).not.toContain('\u001b')
  })

  test('an entry and its transaction, and what is not there', async () => {
    const ada = newOwner()
    const { id, nonce, transactionId } = await shop.give(ada, 3, { order: 'A' })
    const { entry } = await json(`entry ${id}`)
    expect(entry).toMatchObject({ id, ownerId: ada, amount: 3, metadata: { order: 'A' } })
    expect(await json(`entry --owner ${ada} --nonce ${nonce}`)).toEqual({ entry })
    expect(await json(`transaction ${transactionId}`)).toMatchObject({ transaction: { entries: [entry] } })
    expect((await call(`transaction ${transactionId}`)).stdout).toContain('order=A')
    expect(await call('entry 999999')).toMatchObject({
      code: 4,
      stderr: 'The app has no such entry, or the key may not see it.',
    })
    expect(await call('entry 999999 --json')).toMatchObject({
      code: 4,
      stdout: expect.stringContaining('{"error":{"code":"NOT_FOUND"'),
    })
  })

  test('owners by prefix, and a terminal that is too narrow for the table', async () => {
    for (const ownerId of ['team-a', 'team-b']) await shop.give(ownerId, 4)
    const { accounts } = await json('owners --prefix team-')
    expect(accounts).toMatchObject([
      { ownerId: 'team-a', balance: { amount: 4 }, entryCount: 1 },
      { ownerId: 'team-b' },
    ])
    expect((await call('owners --prefix team-')).stdout).toMatch(
      /^owner +balance +entries +changed\nteam-a +4 +1 /,
    )
    const { stdout } = await call('owners --prefix team-', { columns: 30 })
    expect(stdout).toMatch(
      /^owner {4}team-a\nbalance {2}4\nentries {2}1\nchanged {2}\S+\n\nowner {4}team-b\n/,
    )
  })

  test('a summary, as a table and as bars that fit the terminal', async () => {
    const ada = newOwner()
    await shop.give(ada, 40)
    await call(`post ${ada} CREDIT_SPEND 10 -y`)
    const { lines, per } = await json(`summary ${ada}`)
    expect(per).toBe('day')
    expect(lines).toMatchObject([
      { operationName: 'CREDIT_ADD', count: 1, gross: 40 },
      { operationName: 'CREDIT_SPEND', count: 1, gross: -10, reversed: 0 },
    ])
    expect((await call(`summary ${ada}`)).stdout).toMatch(
      /^\d{4}-\d\d-\d\d {2}CREDIT_ADD +1 +\+40 +0 +\+40$/m,
    )
    const { stdout } = await call(`summary ${ada} --bars`, { columns: 40 })
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d {2}\+40 {2}█{23}\n {12}-10 {2}░{6}$/)
  })

  test('lots, and an app without them', async () => {
    const ada = newOwner()
    await call(`post ${ada} BONUS 5 -y`)
    expect(await json(`lots ${ada}`)).toMatchObject({ lots: [{ rest: 5, amount: 5, kind: 'PROMOTIONAL' }] })
    expect(await json(`lots ${ada} --all`)).toMatchObject({ lots: [{ rest: 5 }], hasMore: false })
    expect((await call(`balance ${ada}`)).stdout).toMatch(/^expires next {2}5 on /m)
    expect(await call('lots ada', {}, plain)).toMatchObject({
      code: 4,
      stderr: 'Credits of this app do not expire: it has no lots.',
    })
  })
})

describe('writes', () => {
  test('a dry run writes nothing, -y posts, and the nonce is printed before it is used', async () => {
    const ada = newOwner()
    const tried = await call(`post ${ada} CREDIT_ADD 10 --dry-run`)
    expect(tried.code).toBe(0)
    expect(tried.stdout).toMatch(
      new RegExp(`^It would come to this. Nothing was written.\n${ada}: CREDIT_ADD \\+10, balance 0 → 10$`),
    )
    expect((await json(`balance ${ada}`)).balance.amount).toBe(0)
    const posted = await call(`post ${ada} CREDIT_ADD 10 -y --metadata order=A=1 --json`)
    const { entry, balance, replayed } = JSON.parse(posted.stdout)
    expect(posted.stderr).toBe(`nonce ${entry.nonce}`)
    expect(entry.metadata).toEqual({ order: 'A=1' })
    expect([balance.amount, replayed]).toEqual([10, false])
    const again = await call(
      `post ${ada} CREDIT_ADD 10 -y --metadata order=A=1 --nonce ${entry.nonce} --json`,
    )
    expect(JSON.parse(again.stdout)).toMatchObject({ replayed: true, entry: { id: entry.id } })
    expect(again.code).toBe(0)
    expect(await call(`post ${ada} CREDIT_ADD 11 -y --nonce ${entry.nonce}`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('DUPLICATE_NONCE'),
    })
    expect((await json(`balance ${ada}`)).balance.amount).toBe(10)
  })

  test('without a terminal, nothing is asked and nothing is written', async () => {
    const ada = newOwner()
    const refused = await call(`post ${ada} CREDIT_ADD 10`)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no terminal to ask') })
    for (const [line, name] of [
      [`post ${ada} -y`, 'OPERATION'],
      ['balance', 'OWNER'],
      [`freeze ${ada} -y`, '--reason'],
      [`hold ${ada} CREDIT_SPEND 1 -y`, '--for'],
      ['prolong 1 -y', '--for or --until'],
    ])
      expect(await call(`${line}`)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${name} is missing.`),
      })
    expect((await json(`balance ${ada}`)).balance.amount).toBe(0)
  })

  test('a refusal has its code, and an exit code of its own', async () => {
    const ada = newOwner()
    expect(await call(`post ${ada} CREDIT_SPEND 5 -y`)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^nonce \S+\nINSUFFICIENT_BALANCE: .* "owner-\d+" has 0\.$/),
    })
    const { stdout } = await call(`post ${ada} CREDIT_SPEND 5 -y --json`)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', balance: { amount: 0 } },
    })
    expect(await call(`post ${ada} NOTHING 5 -y`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('The app has no operation NOTHING. It has: DAILY_REWARD,'),
    })
    expect(await call(`post ${ada} CREDIT_ADD 5 -y --metadata ${'k'.repeat(5000)}=1`)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/VALIDATION_ERROR: .*\n {2}metadata/),
    })
  })

  test.each([
    ['post ada CREDIT_ADD 1.5 -y', 'An amount is a whole number'],
    ['post ada CREDIT_ADD 9007199254740992 -y', 'An amount is a whole number'],
    ['post ada CREDIT_ADD 1 2 -y', 'It does not take "2".'],
    ['post ada CREDIT_ADD 1 -y --metadata x', '--metadata is KEY=VALUE'],
    ['entries ada --from yesterday', '--from is a day or a moment'],
    ['entries ada --limit 0', '--limit is a number from 1 on'],
    ['transaction post ada -y', 'An entry is OPERATION:AMOUNT:OWNER'],
    ['hold ada CREDIT_SPEND 1 --for 2 -y', '--for is such as 90s'],
    ['prolong 1 --for 2 -y', '--for is such as 90s'],
    ['prolong 1 --for 2h --until 2030-01-01 -y', 'Give --for or --until, not both.'],
    ['prolong 1 --for 2h', 'There is no terminal to ask'],
    ['summary --per week', '--per is one of hour, day, month'],
    ['entry 1 --nonce x', '--owner and --nonce go together.'],
    ['balance ada --url ftp://x', 'A url is such as http://localhost:4001'],
    ['balance ada --profile none', 'There is no profile "none".'],
  ])('%s is refused before anything is sent', async (line, message) => {
    expect(await call(line)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
  })

  test('transactions and transfers, refunds and reversals', async () => {
    const [ada, bob] = [newOwner(), newOwner()]
    await shop.give(ada, 20)
    const { transaction } = await json(
      `transaction post CREDIT_SPEND:5:${ada} CREDIT_ADD:5:${bob} --balanced -y`,
    )
    expect(transaction.entries).toMatchObject([
      { ownerId: ada, amount: -5 },
      { ownerId: bob, amount: 5 },
    ])
    expect(await json(`transfer ${ada} ${bob} 3 -y`)).toMatchObject({
      balances: [{ amount: 12 }, { amount: 8 }],
    })
    expect(await json(`refund ${transaction.entries[0].id} 2 -y`)).toMatchObject({ balance: { amount: 14 } })
    expect(await call(`refund ${transaction.entries[0].id} 9 -y`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('REFUND_EXCEEDED'),
    })
    const given = await shop.give(ada, 1)
    const dry = await call(`reverse ${given.transactionId} --dry-run`)
    expect(dry.stdout).toContain(`${ada}: CREDIT_ADD -1, balance 15 → 14`)
    expect((await call(`reverse ${given.transactionId} -y`)).stdout).toContain(
      `${ada}: CREDIT_ADD -1, balance 15 → 14\ntransaction `,
    )
    expect(await call('transfer a b 1 -y', {}, plain)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('The app has no operation TRANSFER_OUT.'),
    })
  })

  test('holds are made, listed, captured and released', async () => {
    const ada = newOwner()
    await shop.give(ada, 20)
    const first = await json(`hold ${ada} CREDIT_SPEND 5 --for 2h -y`)
    expect(first).toMatchObject({ hold: { amount: 5, status: 'HELD' }, balance: { available: 15 } })
    expect(await json(`holds ${ada}`)).toEqual({ holds: [first.hold] })
    expect(await json(`capture ${first.hold.id} 2 -y`)).toMatchObject({
      entry: { amount: -2 },
      hold: { status: 'CAPTURED' },
      balance: { amount: 18 },
    })
    const second = await json(`hold ${ada} CREDIT_SPEND 5 --for 90s -y`)
    expect((await call(`release ${second.hold.id} -y`)).stdout).toMatch(/ is RELEASED, 18 available$/)
    expect(await call('release 999999 -y')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('HOLD_NOT_FOUND'),
    })
    expect((await call(`holds ${ada}`)).stdout).toBe('No credits are on hold.')
  })

  test('a hold is captured in parts, and shows what is left', async () => {
    const ada = newOwner()
    await shop.give(ada, 20)
    const { hold } = await json(`hold ${ada} CREDIT_SPEND 5 --for 2h -y`)
    const tried = await call(`capture ${hold.id} 2 --keep-rest --dry-run`)
    expect(tried.stdout).toContain(
      `${ada}: CREDIT_SPEND -2, balance 20 → 18\n${ada}: the hold ${hold.id} of 5 keeps 3 until ${hold.expiresOn}, 15 available`,
    )
    expect(await json(`holds ${ada}`)).toEqual({ holds: [hold] })
    expect(await json(`capture ${hold.id} 2 --keep-rest -y`)).toMatchObject({
      entry: { amount: -2 },
      hold: { amount: 5, captured: 2, status: 'HELD' },
      balance: { amount: 18, available: 15 },
    })
    expect((await call(`holds ${ada}`)).stdout).toMatch(/^amount +5\ncaptured +2\nleft +3\nstatus +HELD$/m)
    expect((await call(`capture ${hold.id} -y`)).stdout).toMatch(
      new RegExp(`^${ada}: the hold ${hold.id} of 5 is CAPTURED, 15 available\nentry \\d+$`, 'm'),
    )
  })

  test('a hold is prolonged, for a duration from now or until a moment, and never shortened', async () => {
    const ada = newOwner()
    await shop.give(ada, 5)
    const { hold } = await json(`hold ${ada} CREDIT_SPEND 5 --for 1h -y`)
    const until = new Date(Date.parse(hold.createdOn) + 3 * 3_600_000).toISOString()
    const kept = `${ada}: the hold ${hold.id} of 5 keeps 5 until ${until}, 0 available`
    expect(await call(`prolong ${hold.id} --until ${until} -y`)).toMatchObject({ code: 0, stdout: kept })
    expect(await call(`prolong ${hold.id} --for 2h -y`)).toMatchObject({ code: 0, stdout: kept })
    const longer = await json(`prolong ${hold.id} --for 7d -y`)
    expect(Date.parse(longer.hold.expiresOn)).toBeGreaterThan(Date.parse(until))
    expect(longer).toMatchObject({ hold: { id: hold.id, status: 'HELD' }, balance: { held: 5 } })
    expect(await call(`prolong ${hold.id} --for 400d -y`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('VALIDATION_ERROR'),
    })
    await call(`release ${hold.id} -y`)
    expect(await call(`prolong ${hold.id} --for 9d -y`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('HOLD_RELEASED'),
    })
    expect(await call('prolong 999999 --for 2h -y')).toMatchObject({ code: 4 })
  })

  test('accounts are frozen, opened and closed, with a reason', async () => {
    const ada = newOwner()
    expect((await call(`freeze ${ada} --reason chargeback -y`)).code).toBe(0)
    expect((await call(`balance ${ada}`)).stdout).toMatch(/^state +FROZEN$/m)
    expect(await call(`post ${ada} CREDIT_ADD 1 -y`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('ACCOUNT_FROZEN'),
    })
    expect(await json(`reopen ${ada} --reason settled -y`)).toMatchObject({
      entry: { metadata: { reason: 'settled' } },
    })
    expect((await call(`freeze ${ada} --spending --reason look -y`)).stdout).toContain('SPENDING_FROZEN')
    await call(`reopen ${ada} --reason settled -y`)
    expect((await call(`close ${ada} --reason left -y`)).code).toBe(0)
    expect(await call('freeze ada --reason x -y', {}, plain)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('The app has no operation ACCOUNT_FROZEN.'),
    })
  })
})

describe('on a terminal', () => {
  test('what is missing is asked for, and the posting is shown before it is confirmed', async () => {
    const ada = newOwner()
    const down = '\u001b[B'
    const keys = [`${ada}\r`, `${down}${down}${down}\r`, 'y'] // the fourth operation is CREDIT_ADD
    const { code, stdout, stderr } = await call('post', { keys })
    expect(stderr).toContain('Whose account?')
    expect(stderr).toContain(`${ada}: CREDIT_ADD +10, balance 0 → 10`)
    expect(stderr).toContain('Post it?')
    expect(stdout).toMatch(new RegExp(`^${ada}: CREDIT_ADD \\+10, balance 0 → 10\nentry \\d+$`))
    expect(code).toBe(0)
  })

  test('a hold is shown before it is prolonged', async () => {
    const ada = newOwner()
    await shop.give(ada, 5)
    const { hold } = await json(`hold ${ada} CREDIT_SPEND 5 --for 1h -y`)
    const { code, stdout, stderr } = await call(`prolong ${hold.id}`, { keys: ['7d\r', 'y'] })
    expect(stderr).toContain('For how long from now')
    expect(stderr).toMatch(new RegExp(`^owner +${ada}$`, 'm'))
    expect(stderr).toContain('Prolong it until ')
    expect(stdout).toMatch(new RegExp(`^${ada}: the hold ${hold.id} of 5 keeps 5 until \\S+, 0 available$`))
    expect(code).toBe(0)
  })

  test.each([
    ['no', 'n'],
    ['Ctrl+C', '\u0003'],
  ])('%s writes nothing', async (_, key) => {
    const ada = newOwner()
    expect(await call(`post ${ada} CREDIT_ADD 1`, { keys: [key] })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Nothing was done.'),
    })
    expect((await json(`balance ${ada}`)).balance.amount).toBe(0)
  })
})

test('a server that cannot be reached: what to do, with the nonce', async () => {
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const address = gone.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  gone.close()
  const { code, stderr } = await call('post ada CREDIT_ADD 1 -y --nonce n-1', {}, { ...shop, url })
  expect(stderr).toMatch(/^http:\S+\/graphql: The server could not be reached: /)
  expect(code).toBe(6)
})

test('operations, with their amounts', async () => {
  const { stdout } = await call('operations')
  expect(stdout).toMatch(/^CREDIT_ADD +\+1 to \d+, or 10 +Credits that an owner gets/m)
  expect(stdout).toMatch(/^TRANSFER_OUT .* paired /m)
  expect((await json('operations')).operations[0]).toMatchObject({ name: 'DAILY_REWARD', minAmount: 1 })
})
