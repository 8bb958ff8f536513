import type { EntryFilter } from '@shared-ledger/client'
import { exitCodes } from '../exit.ts'
import { readLimit, readList, readMoment, readPair } from './arguments.ts'
import { endOf, readPages, restOf } from './pages.ts'
import type { Session } from './session.ts'
import { linesOfEntries } from './shown.ts'

/** Which entries are wanted, as options. */
export interface FilterOptions {
  readonly operation?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly metadata?: string | undefined
}

interface Given {
  readonly positionals: readonly string[]
  readonly values: FilterOptions & {
    readonly 'oldest-first': boolean
    readonly limit: string
    readonly after?: string | undefined
  }
}

/** Lists entries of an owner, or of the whole app. */
export async function entries({ graph, answer }: Session, { positionals, values }: Given): Promise<number> {
  const filter = readFilter(values)
  const limit = readLimit(values.limit)
  const [ownerId] = positionals
  const order = values['oldest-first'] ? 'OLDEST_FIRST' : 'NEWEST_FIRST'
  const page = await readPages({ limit, after: values.after }, async (place) => {
    const { entries: nodes, pageInfo } = await graph.entries({ ownerId, ...filter, order, ...place })
    return { nodes, pageInfo }
  })
  answer({ entries: page.nodes, ...endOf(page) }, [...linesOfEntries(page.nodes), ...restOf(page)])
  return exitCodes.done
}

/** Reads which entries are wanted. @throws UsageError */
export function readFilter({
  operation,
  from,
  to,
  metadata,
}: FilterOptions): Omit<EntryFilter<string>, 'ownerId' | 'book'> {
  const pair = metadata === undefined ? undefined : readPair(metadata)
  return {
    operations: readList(operation),
    from: readMoment('from', from),
    to: readMoment('to', to),
    metadata: pair && { key: pair[0], value: pair[1] },
  }
}
