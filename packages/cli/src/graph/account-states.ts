import { given } from '../questions.ts'
import { readMetadata } from './arguments.ts'
import { assertMayWrite, carryOut, changeOf } from './carry-out.ts'
import { operationOf } from './operations.ts'
import type { Session } from './session.ts'
import type { WriteOptions } from './write-options.ts'

interface Given {
  readonly positionals: readonly string[]
  readonly values: WriteOptions & {
    readonly reason?: string | undefined
    readonly operation?: string | undefined
  }
}

/** Lets nothing be posted to an account, or with `--spending` nothing that takes credits. */
export function freeze(
  session: Session,
  { positionals, values }: Given & { readonly values: { readonly spending: boolean } },
): Promise<number> {
  const usual = values.spending ? 'SPENDING_FROZEN' : 'ACCOUNT_FROZEN'
  return setState(session, { positionals, values }, { usual, question: 'Freeze it?' })
}

/** Opens an account that was frozen or closed. */
export function reopen(session: Session, given: Given): Promise<number> {
  return setState(session, given, { usual: 'ACCOUNT_OPENED', question: 'Open it?' })
}

/** Closes an account. */
export function close(session: Session, given: Given): Promise<number> {
  return setState(session, given, { usual: 'ACCOUNT_CLOSED', question: 'Close it?' })
}

/** Posts the operation that changes the state of an account, with a reason. */
async function setState(
  session: Session,
  { positionals, values }: Given,
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
