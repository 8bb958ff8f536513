import { CommandError, exitCodes } from '../exit.ts'
import { given } from '../questions.ts'
import { readLimit } from './arguments.ts'
import { hasLots } from './operations.ts'
import { endOf, readPages, restOf } from './pages.ts'
import type { Session } from './session.ts'
import { linesOfLots } from './shown.ts'

interface Given {
  readonly positionals: readonly string[]
  readonly values: { readonly all: boolean; readonly limit: string; readonly after?: string | undefined }
}

/** Lists an owner's lots: those with credits left, in the order in which they are spent, or all, newest first. */
export async function lots({ graph, answer }: Session, { positionals, values }: Given): Promise<number> {
  const limit = readLimit(values.limit)
  const ownerId = await given(positionals[0], { name: 'OWNER', question: 'Whose lots?' })
  if (!(await hasLots(graph))) {
    const message = 'Credits of this app do not expire: it has no lots.'
    throw new CommandError(message, { exitCode: exitCodes.notFound, json: { code: 'NO_LOTS', message } })
  }
  if (!values.all && values.after === undefined) {
    const live = (await graph.liveLots(ownerId)).slice(0, limit)
    answer({ lots: live }, linesOfLots(live))
    return exitCodes.done
  }
  const page = await readPages({ limit, after: values.after }, async (place) => {
    const { lots: nodes, pageInfo } = await graph.lots({ ownerId, ...place })
    return { nodes, pageInfo }
  })
  answer({ lots: page.nodes, ...endOf(page) }, [...linesOfLots(page.nodes), ...restOf(page)])
  return exitCodes.done
}
