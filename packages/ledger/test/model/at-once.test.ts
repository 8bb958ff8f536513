import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { LedgerError } from '../../src/index.ts'
import { appendedIn, callsOf, type Processes, recordCalls, settledIds } from './calls.ts'
import { type Crowd, crowdedHistories, type Step } from './history.ts'
import { LedgerModel } from './model.ts'
import { asInBatch, compare, perform } from './perform.ts'
import { type Command, carryOut, Player } from './play.ts'
import { openPoster, type Poster } from './poster.ts'
import { isLong, replay, start, usualTimeout } from './seed.ts'
import { Stage } from './stage.ts'
import { Tally } from './tally.ts'
import { createWorld } from './world.ts'

const world = await createWorld()
await recordCalls(world)

const { numRuns, timeout } = isLong
  ? { numRuns: 300, timeout: 7_200_000 }
  : { numRuns: 4, timeout: usualTimeout }

const { isCluster = false } = inject('postgres')

/** How many groups of owners there are. Calls for different groups may run at the same time. */
const circles = 3

test.each([
  { name: 'one process', count: 1, append: true },
  { name: 'three processes', count: 3, append: true },
  { name: 'one process, by the function for all requests alone', count: 1, append: false },
])(
  'postings of $name at once come to the same as one after another',
  { timeout },
  async ({ name, count, append }) => {
    const alone = world.createProcess()
    const pools = Array.from({ length: count }, () => world.createProcess())
    const processes: Processes = new Map()
    const tally = new Tally()
    let runs = 0
    const property = fc.asyncProperty(crowdedHistories({ minLength: 40, maxLength: 60 }), async (history) => {
      runs += 1
      const app = `at_once_${count}_${append ? 'append' : 'all'}_${runs}`
      await world.declareApp(app)
      await world.setClock(start)
      const stage = new Stage(app, alone)
      const posters = pools.map((pool) => openPoster(app, pool, { append }))
      const performNext = createPerformance(stage, posters, { tally, processes })
      try {
        for (const step of history) await performNext(step)
        await performNext({ kind: 'audit', moments: [1, 2, 3, 5, 8, 13] })
      } finally {
        await Promise.all([stage, ...posters].map((opened) => opened.close()))
      }
      expect(await world.brokenRows(app)).toEqual([])
    })
    await fc.assert(property, replay({ numRuns, timeout }))

    const apps = `at_once_${count}_${append ? 'append' : 'all'}_%`
    const { sizes, atOnce } = await callsOf(world, apps, processes)
    const appended = await appendedIn(world, apps, processes)
    console.log(`${tally.total} requests of ${name} at once\n${tally.table()}`)
    console.log(`in calls of ${sizes.join(', ')} entries; ${atOnce} of one process under way at once`)
    console.log(`${appended} entries took the way that is made for one`)
    // On a cluster, that way leads to the function for all requests.
    if (!append || isCluster) expect(appended).toBe(0)
    else expect(appended).toBeGreaterThanOrEqual(numRuns)
    expect(tally.total).toBeGreaterThan(numRuns * 600)
    expect(sizes[0]).toBe(1)
    expect(sizes.filter((size) => size < 32).length).toBeGreaterThan(5)
    expect(sizes.at(-1)).toBeGreaterThan(200 / count)
    expect(sizes.at(-1)).toBeLessThanOrEqual(256)
    expect(atOnce).toBeGreaterThan(1)
  },
)

/** Carries steps out one after another, and compares each outcome with the model's. */
function createPerformance(
  stage: Stage,
  posters: readonly Poster[],
  { tally, processes }: { tally: Tally; processes: Processes },
) {
  const model = new LedgerModel()
  model.now = start
  let circle = 0
  const player = new Player(model, (n) => `${['rich', 'ada', 'bob', 'cy', 'dee'][n]} ${circle}`)

  const ask = async (command: Command, index: number) => {
    const draft = await stage.draft(command)
    if (draft instanceof LedgerError) return { command, send: async () => draft }
    const process = index % posters.length
    processes.set(draft.id, process)
    const send = async () => (await posters[process]?.post([draft]))?.[0]
    return { command, id: draft.id, send }
  }

  /** Lets the processes post at once. The model follows in the order that the database recorded. */
  const performCrowd = async (crowd: Crowd) => {
    const turns = crowd.map((wishes, turn) =>
      wishes.flatMap((wish, index) => {
        circle = (turn + (index % 2)) % circles
        return player.commands([wish])
      }),
    )
    const asked = await Promise.all(turns.map((commands) => Promise.all(commands.map(ask))))
    const sent = []
    for (const turn of asked) {
      sent.push(...turn.map(async ({ command, id, send }) => ({ command, id, settled: await send() })))
      await nextTurn()
    }
    const all = await Promise.all(sent)
    const ids = await settledIds(
      world,
      all.flatMap(({ id }) => id ?? []),
    )
    const byId = new Map(all.map((each) => [each.id, each]))
    // A request that is refused before it is sent is refused whatever the others did.
    const unsent = all.filter(({ id }) => id === undefined)
    const inOrder = [...ids.flatMap((id) => byId.get(id) ?? []), ...unsent]
    expect(inOrder).toHaveLength(all.length)
    for (const { command, settled } of inOrder) {
      const expected = { command, outcome: carryOut(model, command) }
      tally.add(expected, false)
      compare([asInBatch(expected)], [stage.answered(settled, command.do)])
    }
  }

  return async (step: Crowd | Step) => {
    if (!('kind' in step)) return performCrowd(step)
    circle = (circle + 1) % circles
    const scene = player.play(step)
    if (scene.kind === 'clock') return world.setClock(scene.now)
    if (scene.kind === 'audit') return stage.compare(scene.accounts)
    await perform(stage, scene, 'one by one')
    tally.addAll(scene)
  }
}
