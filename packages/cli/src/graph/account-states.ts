import { given } from '../questions.ts'
import { readMetadata } from './arguments.ts'
import { assertMayWrite, carryOut, changeOf } from './carry-out.ts'
import { operationOf } from './operations.ts'
import type { Session } from './session.ts'
import type { WriteOptions } from './write-options.ts'

/** What a command that changes an account's state was given. */
export interface StateGiven {
  readonly positionals: readonly string[]
  readonly values: WriteOptions & {
    readonly reason?: string | undefined
    readonly operation?: string | undefined
  }
}

/** Changes the state of an account, by the operation that does it, with a reason. */
export async function setState(
  session: Session,
  { positionals, values }: StateGiven,
  { usual, question }: { readonly usual: string; readonly question: string },
): Promise<number> {
  assertMayWrite(values)
  const further = readMetadata(values.metadata)
  const ownerId = await given(positionals[0], { name: 'OWNER', question: 'Whose account?' })
  const reason = await given(values.reason, { name: '--reason', question: 'For which reason?' })
  const { name: operation } = await operationOf(session.graph, values.operation ?? usual)
  const metadata = { ...further, reason }
  return carryOut(session, values, {
    question,
    send: (posting) => session.graph.postEntry({ ownerId, operation, metadata, ...posting }),
    lines: ({ entry }) => [changeOf(entry)],
    made: ({ entry }) => `entry ${entry.id}`,
  })
}
