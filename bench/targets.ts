import type { Measured } from './rounds.ts'
import type { Sizes } from './sizes.ts'
import { median } from './statistics.ts'
import { batchCall } from './variants/batch-call.ts'
import { bulk } from './variants/bulk.ts'
import { busy } from './variants/busy-owner.ts'
import { inProcess } from './variants/in-process.ts'
import { overHttp } from './variants/over-http.ts'
import { plain, plainCalls } from './variants/plain.ts'
import { reads } from './variants/reads.ts'

/** A ratio that should be reached. */
interface Target {
  readonly title: string
  readonly atLeast?: number
  readonly atMost?: number
  /** The names of two variants. The first is divided by the second. */
  readonly of: string
  readonly by: string
}

/** A target with the ratios of all rounds: their median, the lowest and the highest. */
export interface TargetResult extends Target {
  readonly ratio: number | null
  readonly lowest: number | null
  readonly highest: number | null
  readonly outcome: 'pass' | 'short' | 'not measured'
}

/** The targets, for the usual number of callers. */
function targets(sizes: Sizes): Target[] {
  const { usualCallers: n, histories, depth, bulk: entries, lockSeconds } = sizes
  const [shortest, longest] = [Math.min(...histories), Math.max(...histories)]
  const count = (number: number) => number.toLocaleString('en')
  const calls = plainCalls(sizes).map((call) => ({
    call,
    words: `${count(call.entries)} of ${call.owners === 'one' ? 'one owner' : 'different owners'}`,
  }))
  const plainCosts = calls.map(({ call, words }, index) => ({
    title: `PostgreSQL's processor time: ${words}, without the hash chain ÷ plain INSERT (cost)`,
    atMost: [2, 1.9, 1.8, 1.5][index] ?? 0,
    of: plain.cpu('unchained', call),
    by: plain.cpu('insert', call),
  }))
  const chainCosts = calls.map(({ call, words }) => ({
    title: `PostgreSQL's processor time: ${words}, without the hash chain ÷ with it`,
    atLeast: 0.85,
    of: plain.cpu('unchained', call),
    by: plain.cpu('ledger', call),
  }))
  return [
    ...plainCosts,
    {
      title: 'one entry per call, without the hash chain ÷ plain INSERT of one row, 16 callers',
      atLeast: 0.5,
      of: plain.rate('unchained'),
      by: plain.rate('insert'),
    },
    {
      title: 'one entry per call, with the hash chain ÷ without it, 16 callers',
      atLeast: 0.85,
      of: plain.rate('ledger'),
      by: plain.rate('unchained'),
    },
    ...chainCosts,
    {
      title: 'GraphQL over HTTP ÷ plain INSERT of one row, 16 callers',
      atLeast: 0.6,
      of: overHttp.posting('graphql', 'uniform', n),
      by: plain.rate('insert'),
    },
    {
      title: 'REST over HTTP ÷ GraphQL over HTTP',
      atLeast: 0.9,
      of: overHttp.posting('rest', 'uniform', n),
      by: overHttp.posting('graphql', 'uniform', n),
    },
    {
      title: 'batched ÷ one call per entry, distinct owners',
      atLeast: 3,
      of: inProcess('batched', 'uniform', n),
      by: inProcess('one-call-pg', 'uniform', n),
    },
    {
      title: 'batched ÷ one call per entry, one hot owner',
      atLeast: 8,
      of: inProcess('batched', 'hot', n),
      by: inProcess('one-call-pg', 'hot', n),
    },
    {
      title: 'batched ÷ Prisma transaction with FOR UPDATE, distinct owners',
      atLeast: 20,
      of: inProcess('batched', 'uniform', n),
      by: inProcess('for-update', 'uniform', n),
    },
    {
      title: 'batched ÷ Prisma transaction with FOR UPDATE, one hot owner',
      atLeast: 40,
      of: inProcess('batched', 'hot', n),
      by: inProcess('for-update', 'hot', n),
    },
    {
      title: 'posting through Prisma ÷ raw pg, batched',
      atLeast: 0.75,
      of: batchCall.prisma,
      by: batchCall.pg,
    },
    {
      title: 'GraphQL over HTTP ÷ one call per entry in process',
      atLeast: 2,
      of: overHttp.posting('graphql', 'uniform', n),
      by: overHttp.oneCall,
    },
    {
      title: 'GraphQL over HTTP ÷ its own no-op resolver',
      atLeast: 0.4,
      of: overHttp.posting('graphql', 'uniform', n),
      by: overHttp.noop,
    },
    {
      title: 'no-op GraphQL over HTTP ÷ bare node:http + graphql-jit',
      atLeast: 0.5,
      of: overHttp.noop,
      by: overHttp.bare,
    },
    {
      title: `bulk of ${count(entries)} ÷ COPY of the same rows`,
      atLeast: 0.2,
      of: bulk.ledger,
      by: bulk.copy,
    },
    {
      title: `balance read at ${count(longest)} entries ÷ at ${shortest} (cost)`,
      atMost: 1.2,
      of: reads.balance(longest),
      by: reads.balance(shortest),
    },
    {
      title: `page at depth ${count(depth)} ÷ first page (cost)`,
      atMost: 1.5,
      of: reads.deepPage(depth),
      by: reads.firstPage(longest),
    },
    {
      title: `p99 of ${n - 1} others while one owner is locked ${lockSeconds} s ÷ quiet (cost)`,
      atMost: 2,
      of: busy.locked,
      by: busy.quiet,
    },
  ]
}

/** Returns how the targets were met. */
export function judge(measured: readonly Measured[], sizes: Sizes): TargetResult[] {
  return targets(sizes).map((target) => {
    const ratios = ratiosOf(measured, target.of, target.by)
    if (ratios.length === 0)
      return { ...target, ratio: null, lowest: null, highest: null, outcome: 'not measured' }
    const ratio = median(ratios)
    const isMet = ratio >= (target.atLeast ?? 0) && ratio <= (target.atMost ?? Number.POSITIVE_INFINITY)
    const [lowest, highest] = [Math.min(...ratios), Math.max(...ratios)]
    return { ...target, ratio, lowest, highest, outcome: isMet ? 'pass' : 'short' }
  })
}

/** Returns one variant divided by another, round by round. Empty when one of them was not measured. */
export function ratiosOf(measured: readonly Measured[], of: string, by: string): number[] {
  const roundsOf = (wanted: string) => measured.find(({ name }) => name === wanted)?.rounds ?? []
  const divisors = roundsOf(by)
  return roundsOf(of).flatMap((value, round) => {
    const divisor = divisors[round]
    return divisor ? [value / divisor] : []
  })
}
