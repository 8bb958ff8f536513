import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { closedLoop } from '../closed-loop.ts'
import { load } from '../machine.ts'
import { drawDifferent } from '../owners.ts'
import { postCall, postTransfer, sqlOver } from '../posting.ts'
import { median } from '../statistics.ts'
import { capacityOf } from './scale.ts'
import { createStage, type Node, type Place, type Stage } from './stage.ts'

/** What one call does. */
interface Call {
  readonly name: string
  readonly entries: number
  /** Whether its owners are in one shard. Sent to their worker, it then never reaches the coordinator. */
  readonly isOfOneShard: boolean
  run(place: Place, stage: Stage): Promise<unknown>
}

/** What the goals are: the cluster's processor time for an entry, divided by that of one PostgreSQL. */
const goals: Readonly<Record<number, number>> = { 256: 1.3, 64: 1.6 }

const calls: readonly Call[] = [
  ...[256, 64, 8, 1].map((entries) => ({
    name:
      entries === 1
        ? 'one entry'
        : `${entries} of a shard${entries in goals ? ` (goal ${goals[entries]})` : ''}`,
    entries,
    isOfOneShard: true,
    run: ({ connection }: Place, { shards: [owners] }: Stage) =>
      postCall(sqlOver(connection), drawDifferent(owners, entries)),
  })),
  {
    name: 'a transfer over two workers',
    entries: 2,
    isOfOneShard: false,
    run: ({ connection }, { shards }) =>
      postTransfer(
        sqlOver(connection),
        shards.flatMap((owners) => drawDifferent(owners, 1)),
      ),
  },
]

/** Where calls are sent. */
const places = [
  ['one', 'one PostgreSQL'],
  ['worker', "the owners' worker"],
  ['coordinator', 'the coordinator'],
] as const

/** A call at a place, with the processor times for an entry that were measured: by round, and by node. */
interface Turn {
  readonly call: Call
  readonly at: keyof Pick<Stage, 'one' | 'worker' | 'coordinator'>
  readonly title: string
  readonly rounds: (readonly number[])[]
}

/**
 * `npm run bench:cluster -- --url postgresql://…` measures PostgreSQL's processor time for an entry on a Citus cluster
 * whose nodes are on this machine, such as `npm run cluster` starts, beside one PostgreSQL of the same version with the
 * same settings. It never fails because of a figure.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string', default: '' },
    },
  })
  if (values.url === undefined) {
    throw new Error('npm run bench:cluster -- --url postgresql://superuser:password@host:5432/database')
  }
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  console.error('Making a ledger on one PostgreSQL and one on the cluster …')
  const stage = await createStage(values.url)
  try {
    const idle = await measureIdle(stage.coordinator.nodes, seconds)
    const turns = calls
      .filter(({ name }) => name.includes(values.only))
      .flatMap((call) => places.map(([at, title]): Turn => ({ call, at, title, rounds: [] })))
    const inTurn = [...turns]
    for (let round = 0; round <= rounds; round += 1) {
      console.error(round === 0 ? 'Warming up …' : `Round ${round} of ${rounds} …`)
      for (const turn of inTurn) {
        const costs = await measure(turn, { stage, idle, seconds: round === 0 ? seconds / 2 : seconds })
        if (round > 0) turn.rounds.push(costs)
      }
      inTurn.reverse()
    }
    console.log(`PostgreSQL ${stage.version}, medians of ${rounds} rounds of ${seconds} s, load ${load()}.\n`)
    console.log(table(turns, stage))
    console.log(`\nEntries a second, by the number of workers, when each node has ${cores} cores:\n`)
    console.log(scaleTable(turns, stage))
  } finally {
    await stage.remove()
  }
}

/** Returns how much of a processor each node uses while nobody asks it for anything. */
async function measureIdle(nodes: readonly Node[], seconds: number): Promise<readonly number[]> {
  const before = nodes.map(({ processorTime }) => processorTime())
  await sleep(seconds * 1000)
  return nodes.map(
    ({ processorTime }, node) => (processorTime() - (before[node] ?? 0)) / (seconds * 1_000_000),
  )
}

interface Measuring {
  readonly stage: Stage
  readonly idle: readonly number[]
  readonly seconds: number
}

/** Returns the processor time of each node for an entry, in µs, without what the node uses while it is idle. */
async function measure({ call, at }: Turn, { stage, idle, seconds }: Measuring): Promise<readonly number[]> {
  const place = stage[at]
  await call.run(place, stage) // prepares statements and fills caches
  const before = place.nodes.map(({ processorTime }) => processorTime())
  const began = performance.now()
  const { calls } = await closedLoop({ callers: 1, seconds }, () => call.run(place, stage))
  const took = (performance.now() - began) * 1000
  return place.nodes.map(({ processorTime }, node) => {
    const used = processorTime() - (before[node] ?? 0) - (idle[node] ?? 0) * took
    return Math.max(0, used) / calls / call.entries
  })
}

/** How many cores a node has in the arithmetic of what clusters take. */
const cores = 8

const clusterSizes = [1, 4, 16, 64]

/** Returns what clusters take of each call, and what limits them, in Markdown. */
function scaleTable(turns: readonly Turn[], stage: Stage): string {
  const rows = turns
    .filter(({ at }) => at !== 'one')
    .map(({ call, at, title, rounds }) => {
      const [coordinator = 0, ...workers] = stage[at].nodes.map((_, node) =>
        median(rounds.map((costs) => costs[node] ?? 0)),
      )
      const isPassedBy = at === 'worker' && call.isOfOneShard
      const cost = { workers: sum(workers), coordinator: isPassedBy ? 0 : coordinator }
      return [
        call.name,
        title,
        ...clusterSizes.map((size) => {
          const { entriesPerSecond, limitedBy } = capacityOf(cost, { workers: size, cores })
          const entries = Number(entriesPerSecond.toPrecision(2)).toLocaleString('en')
          return limitedBy === 'coordinator' ? `${entries} (coordinator)` : entries
        }),
      ]
    })
  return markdown([['a call', 'sent to', ...clusterSizes.map(String)], ...rows])
}

function markdown([heading = [], ...rows]: readonly (readonly string[])[]): string {
  return [heading, heading.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Returns the costs in Markdown: all nodes together, beside one PostgreSQL, and the part of each node. */
function table(turns: readonly Turn[], stage: Stage): string {
  const rows = turns.map(({ call, at, title, rounds }) => {
    const { nodes } = stage[at]
    const ofNode = (node: number) => median(rounds.map((costs) => costs[node] ?? 0))
    const one = turns.find((other) => other.call === call && other.at === 'one')
    const ratios = rounds.map((costs, round) => sum(costs) / sum(one?.rounds[round] ?? []))
    const parts = nodes.length > 1 ? nodes.map(({ name }, node) => `${name} ${ofNode(node).toFixed(0)}`) : []
    return [
      call.name,
      title,
      median(rounds.map(sum)).toFixed(0),
      at === 'one' ? '' : median(ratios).toFixed(2),
      parts.join(', '),
    ]
  })
  return markdown([['a call', 'sent to', 'µs an entry', '÷ one PostgreSQL', 'by node, in µs'], ...rows])
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

await main()
