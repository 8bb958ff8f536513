import { cpuUsage } from 'node:process'
import { closedLoop } from '../closed-loop.ts'
import type { ServerKind, Servers } from '../http/servers.ts'
import { drawDifferent, hotOwner, ownerDraw, spreadOwners } from '../owners.ts'
import { postCall, sqlOver } from '../posting.ts'
import type { Variant } from '../rounds.ts'
import type { Sizes } from '../sizes.ts'
import { type Context, post } from './context.ts'
import { postOverHttp } from './over-http.ts'

/** The owners of the entries of one call. */
export const callOwners = ['different', 'one'] as const
type CallOwners = (typeof callOwners)[number]

/** Node processes, by their work. */
export const processes = ['in-process', 'ledger', 'no-op', 'bare'] as const
type Process = 'in-process' | ServerKind

/** The names of this file's variants. */
export const costs = {
  call: (owners: CallOwners, entries: number) => `cost/call/${owners}/${entries}`,
  process: (process: Process) => `cost/process/${process}`,
} as const

/** Returns the sizes of the calls whose time is measured. */
export function callSizes({ usualCallers, batch }: Sizes): number[] {
  return [1, usualCallers, batch]
}

/**
 * The parts of the throughput: how long one call of ledger.post takes, with its commit, and how much processor time a
 * Node process uses per posting, while the usual callers post at the same time.
 */
export function costVariants(context: Context, servers: Servers): Variant[] {
  const { pool, sizes } = context
  const sql = sqlOver(pool)
  const owners = spreadOwners(sizes)
  const ownersOf = {
    different: (entries: number) => drawDifferent(owners, entries),
    one: (entries: number) => Array.from({ length: entries }, () => hotOwner),
  }
  const calls = callOwners.flatMap((kind) =>
    callSizes(sizes).map(
      (entries): Variant => ({
        name: costs.call(kind, entries),
        unit: 'ms',
        async measure(seconds) {
          const loop = { callers: 1, seconds }
          return (await closedLoop(loop, () => postCall(sql, ownersOf[kind](entries)))).latencyMs(0.5)
        },
      }),
    ),
  )

  const draw = ownerDraw('uniform', sizes)
  const cpuTime = async (process: Process) => {
    if (process !== 'in-process') return servers.cpuTimeOf(process)
    const { user, system } = cpuUsage()
    return user + system
  }
  const load = (process: Process, seconds: number) =>
    process === 'in-process'
      ? closedLoop({ callers: sizes.usualCallers, seconds }, () => post(context, draw()))
      : postOverHttp(
          servers,
          sizes,
          { kind: process, transport: 'graphql', distribution: 'uniform', connections: sizes.usualCallers },
          seconds,
        )
  const cpuTimes = processes.map(
    (process): Variant => ({
      name: costs.process(process),
      unit: 'µs',
      async measure(seconds) {
        const before = await cpuTime(process)
        const { calls } = await load(process, seconds)
        return ((await cpuTime(process)) - before) / calls
      },
    }),
  )
  return [...calls, ...cpuTimes]
}
