import { exitCodes } from '../exit.ts'
import { tableOf } from '../table.ts'
import { readChoice, readLimit } from './arguments.ts'
import { ownerOrders } from './choices.ts'
import { endOf, readPages, restOf } from './pages.ts'
import type { Session } from './session.ts'

/** The orders of the list, by what the graph calls them. */
const orders = { owner: 'OWNER', balance: 'HIGHEST_BALANCE', changed: 'LAST_CHANGED' } as const

interface Given {
  readonly values: {
    readonly prefix?: string | undefined
    readonly order: string
    readonly limit: string
    readonly after?: string | undefined
  }
}

/** Lists the owners of accounts. */
export async function owners({ graph, answer }: Session, { values }: Given): Promise<number> {
  const { prefix, after } = values
  const order = orders[readChoice('order', { given: values.order, choices: ownerOrders })]
  const page = await readPages({ limit: readLimit(values.limit), after }, async (place) => {
    const { accounts, pageInfo } = await graph.accounts({ prefix, order, ...place })
    return { nodes: accounts, pageInfo }
  })
  const rows = page.nodes.map(({ ownerId, balance, entryCount, updatedOn }) => [
    ownerId,
    String(balance.amount),
    String(entryCount),
    updatedOn,
  ])
  const lines = tableOf(['owner', 'balance', 'entries', 'changed'], rows, { right: ['balance', 'entries'] })
  answer({ accounts: page.nodes, ...endOf(page) }, [...lines, ...restOf(page)])
  return exitCodes.done
}
