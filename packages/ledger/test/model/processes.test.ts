import fc from 'fast-check'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { clockJump, type Step, sharedSteps, stillSteps } from './history.ts'
import { Ids } from './ids.ts'
import { LedgerModel } from './model.ts'
import type { Operation } from './operations.ts'
import { perform } from './perform.ts'
import { Player } from './play.ts'
import { isLong, replay, start, usualTimeout } from './seed.ts'
import { Stage } from './stage.ts'
import { Tally } from './tally.ts'
import { createWorld } from './world.ts'

const world = await createWorld()
const pools = Array.from({ length: 4 }, () => world.createProcess())

const { numRuns, timeout } = isLong
  ? { numRuns: 400, timeout: 7_200_000 }
  : { numRuns: 6, timeout: usualTimeout }

/** What a process does while the clock stands still: steps for its own owners, and postings for shared owners. */
interface Work {
  readonly own: readonly Step[]
  readonly shared: readonly Step[]
}

const work: fc.Arbitrary<Work> = fc.record({
  own: stillSteps({ minLength: 3, maxLength: 8 }),
  shared: sharedSteps(12),
})
const rounds = fc.array(
  fc.record({
    jump: clockJump,
    works: fc.array(work, { minLength: pools.length, maxLength: pools.length }),
  }),
  { minLength: 8, maxLength: 10 },
)

test('several processes at once: each acts as if alone on its own owners, and all act as if in turn on the rest', {
  timeout,
}, async () => {
  const tally = new Tally()
  let runs = 0
  const property = fc.asyncProperty(rounds, async (history) => {
    runs += 1
    const app = `processes_${runs}`
    await world.declareApp(app)
    const processes = pools.map((pool, index) => createProcess(`process ${index}`, { app, pool, tally }))
    try {
      let now = start
      for (const { jump, works } of history) {
        now += jump
        await world.setClock(now)
        await Promise.all(
          processes.map((process, index) => process.work(now, works[index] ?? { own: [], shared: [] })),
        )
      }
      await Promise.all(processes.map((process) => process.compare()))
    } finally {
      for (const process of processes) await process.close()
    }
    expect(await world.brokenRows(app)).toEqual([])
    const { transactions, credits } = await replayShared(app)
    const posted = processes.map((process) => process.posted)
    expect(posted.reduce((sum, by) => sum + by.transactions, 0)).toBe(transactions)
    expect(posted.reduce((sum, by) => sum + by.credits, 0n)).toBe(credits)
  })
  await fc.assert(property, replay({ numRuns, timeout }))
  console.log(`${tally.total} requests of ${pools.length} processes at once\n${tally.table()}`)
  expect(tally.total).toBeGreaterThan(numRuns * 250)
})

/** Makes one of several processes on one ledger. */
function createProcess(name: string, { app, pool, tally }: { app: string; pool: pg.Pool; tally: Tally }) {
  const own = {
    stage: new Stage(app, pool),
    player: new Player(new LedgerModel(), (n) => `${name}, owner ${n}`),
  }
  // The outcome of a posting for shared owners depends on the other processes. The player only completes the request.
  const shared = { stage: new Stage(app, pool), player: new Player(new LedgerModel(), (n) => `shared ${n}`) }
  const posted = { transactions: 0, credits: 0n }

  async function share(step: Step) {
    const scene = shared.player.play(step)
    if (scene.kind === 'clock' || scene.kind === 'audit') return
    for (const { command } of scene.requests) {
      const outcome = await shared.stage.one(command, false)
      tally.add({ command, outcome }, false)
      if (outcome.code !== 'POSTED') continue
      posted.transactions += 1
      posted.credits += outcome.entries.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
    }
  }

  return {
    posted,
    async work(now: number, { own: steps, shared: sharedSteps }: Work) {
      own.player.model.now = now
      shared.player.model.now = now
      for (let turn = 0; turn < Math.max(steps.length, sharedSteps.length); turn += 1) {
        const [step, sharedStep] = [steps[turn], sharedSteps[turn]]
        const scene = step && own.player.play(step)
        if (scene && scene.kind !== 'clock' && scene.kind !== 'audit') {
          await perform(own.stage, scene, turn % 2 === 0 ? 'in batches' : 'one by one')
          tally.addAll(scene)
        }
        if (sharedStep) await share(sharedStep)
      }
    },
    /** Compares everything that it knows of its own owners. */
    compare: () => own.stage.compare(own.player.audit([1, 2, 3, 5, 8, 13]).accounts),
    async close() {
      await own.stage.close()
      await shared.stage.close()
    },
  }
}

interface SharedRow {
  readonly id: string
  readonly book: string
  readonly owner_id: string
  readonly seq: string
  readonly operation: Operation
  readonly amount: string
  readonly balance_after: string
  readonly nonce: string
  readonly transaction_id: string
  readonly metadata: Record<string, string>
  readonly created_on: Date
  readonly reverses: string | null
  readonly refunds: string | null
}

/**
 * Posts to a model what the processes posted for shared owners, in an order in which the accounts were locked. Returns
 * how much it was.
 */
async function replayShared(app: string): Promise<{ transactions: number; credits: bigint }> {
  const { rows } = await world.sql.query<SharedRow>(
    "SELECT * FROM ledger.entries WHERE app = $1 AND owner_id LIKE 'shared %' ORDER BY id",
    [app],
  )
  const model = new LedgerModel()
  const ids = new Ids('none')
  const transactions = inTurn(
    [...new Set(rows.map(({ transaction_id }) => transaction_id))].map((id) =>
      rows.filter(({ transaction_id }) => transaction_id === id),
    ),
  )
  for (const entries of transactions) {
    const [first] = entries
    if (!first) continue
    model.now = first.created_on.getTime()
    const lines = entries.map(({ owner_id: ownerId, operation, amount, reverses, refunds }) => ({
      ...{ ownerId, operation, amount: Number(amount), requested: Number(amount) },
      ...(reverses !== null && { reverses: ids.numberOf(reverses) }),
      ...(refunds !== null && { refunds: ids.numberOf(refunds) }),
    }))
    for (const { id } of entries) ids.add(id)
    const outcome = model.post({ nonce: first.nonce, metadata: first.metadata, lines, invalid: [] })
    const seen = entries.map(({ seq, balance_after, created_on }) => ({
      ...{ seq: Number(seq), balanceAfter: Number(balance_after), createdOn: created_on.getTime() },
    }))
    expect(outcome).toMatchObject({ code: 'POSTED', entries: seen })
  }
  const credits = rows.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  return { transactions: transactions.length, credits }
}

/** Orders transactions so that each account's entries come by their seqs. The ids of a cluster's nodes have no order. */
function inTurn(transactions: readonly (readonly SharedRow[])[]): readonly (readonly SharedRow[])[] {
  const waiting = new Set(transactions)
  const last = new Map<string, number>()
  const isNext = (entries: readonly SharedRow[]) => {
    const after = new Map(last)
    return entries.every(({ book, owner_id, seq }) => {
      const account = `${book} ${owner_id}`
      const before = after.get(account) ?? 0
      after.set(account, before + 1)
      return Number(seq) === before + 1
    })
  }
  const ordered: (readonly SharedRow[])[] = []
  while (waiting.size > 0) {
    const next = [...waiting].find(isNext)
    if (!next)
      throw new Error(`no order of ${waiting.size} transactions has each account's entries by their seqs`)
    for (const { book, owner_id, seq } of next) last.set(`${book} ${owner_id}`, Number(seq))
    waiting.delete(next)
    ordered.push(next)
  }
  return ordered
}
