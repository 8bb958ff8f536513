import fc from 'fast-check'
import { expect, test } from 'vitest'
import { histories, lastMoments, type Step } from './history.ts'
import { kinds } from './kinds.ts'
import { LedgerModel } from './model.ts'
import { perform, type Sending } from './perform.ts'
import { Player, type Scene } from './play.ts'
import { isLong, replay, start, usualTimeout } from './seed.ts'
import { Stage } from './stage.ts'
import { Tally } from './tally.ts'
import { createWorld } from './world.ts'

/** Opens a way to send requests. Each has its own database, so that they run at the same time. */
async function openWay(sending: Sending) {
  const world = await createWorld()
  return { sending, world, pool: world.createProcess() }
}
const ways = [await openWay('one by one'), await openWay('in batches')]

const { numRuns, atLeast, timeout } = isLong
  ? { numRuns: 1500, atLeast: 400_000, timeout: 7_200_000 }
  : { numRuns: 40, atLeast: 20_000, timeout: usualTimeout }

/** How many histories share an app, each with owners of its own: to make an app takes long, above all on a cluster. */
const historiesOfApp = 40

test('histories have the same outcomes in the model, call by call, and in batches', {
  timeout,
}, async () => {
  const tally = new Tally()
  let runs = 0
  const inputs = [histories({ minLength: 80, maxLength: 120 }), lastMoments] as const
  const property = fc.asyncProperty(...inputs, async (history, moments) => {
    const app = `app_${Math.floor(runs / historiesOfApp)}`
    const isFirst = runs % historiesOfApp === 0
    runs += 1
    const scenes = play([...history, { kind: 'audit', moments }], runs)
    const carriedOut = ways.map(async ({ sending, world, pool }) => {
      if (isFirst) await world.declareApp(app)
      const stage = new Stage(app, pool)
      try {
        await carryOut(scenes, stage, { sending, setClock: world.setClock })
      } finally {
        await stage.close()
      }
      expect(await world.brokenRows(app)).toEqual([])
    })
    // The next history needs both clocks for itself, even if one of the two ways has failed.
    await Promise.allSettled(carriedOut)
    await Promise.all(carriedOut)
    for (const scene of scenes) tally.addAll(scene)
  })
  await fc.assert(property, replay({ numRuns, timeout }))

  const operations = tally.total * ways.length
  console.log(`${operations} operations: these requests, ${ways.length} times each\n${tally.table()}`)
  expect(operations).toBeGreaterThan(atLeast)
  expect(kinds.filter((kind) => tally.count(kind) === 0)).toEqual([])
})

/** Plays a history on the model. Its number makes its owners different from those of others. */
function play(history: readonly Step[], number: number): Scene[] {
  const model = new LedgerModel()
  model.now = start
  const player = new Player(
    model,
    (owner) => `${number} ${['rich', 'ada', 'bob', 'cy', 'dee'][owner] ?? 'eve'}`,
  )
  return [{ kind: 'clock', now: start }, ...history.map((step) => player.play(step))]
}

async function carryOut(
  scenes: readonly Scene[],
  stage: Stage,
  { sending, setClock }: { sending: Sending; setClock: (now: number) => Promise<void> },
): Promise<void> {
  for (const scene of scenes) {
    if (scene.kind === 'clock') await setClock(scene.now)
    else if (scene.kind === 'audit') await stage.compare(scene.accounts)
    else await perform(stage, scene, sending)
  }
}
