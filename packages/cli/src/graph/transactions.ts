import { UsageError } from '../exit.ts'
import { given } from '../questions.ts'
import { readAmount, readMetadata } from './arguments.ts'
import { assertMayWrite, carryOut, changeOf } from './carry-out.ts'
import { operationOf } from './operations.ts'
import type { Session } from './session.ts'
import type { WriteOptions } from './write-options.ts'

interface Given {
  readonly positionals: readonly string[]
  readonly values: WriteOptions
}

/** Posts entries together: all of them or none. */
export async function postTransaction(
  session: Session,
  {
    positionals,
    values,
  }: {
    readonly positionals: readonly string[]
    readonly values: WriteOptions & { readonly balanced: boolean }
  },
): Promise<number> {
  assertMayWrite(values)
  const metadata = readMetadata(values.metadata)
  const first = await given(positionals[0], {
    name: 'OPERATION:AMOUNT:OWNER',
    question: 'The first entry, OPERATION:AMOUNT:OWNER?',
  })
  const entries = [first, ...positionals.slice(1)].map(readLeg)
  const { balanced } = values
  return carryOut(session, values, {
    question: entries.length === 1 ? 'Post it?' : `Post these ${entries.length} entries together?`,
    send: (posting) => session.graph.postTransaction({ entries, balanced, metadata, ...posting }),
    lines: ({ transaction }) => transaction.entries.map(changeOf),
    made: ({ transaction }) => `transaction ${transaction.id}`,
  })
}

/** Moves credits from one owner to another. */
export async function transfer(session: Session, { positionals, values }: Given): Promise<number> {
  assertMayWrite(values)
  const metadata = readMetadata(values.metadata)
  const from = await given(positionals[0], { name: 'FROM', question: 'From whose account?' })
  const to = await given(positionals[1], { name: 'TO', question: 'To whose account?' })
  const amount = readAmount(await given(positionals[2], { name: 'AMOUNT', question: 'How many credits?' }))
  await operationOf(session.graph, 'TRANSFER_OUT')
  return carryOut(session, values, {
    question: 'Transfer them?',
    send: (posting) => session.graph.transfer({ from, to, amount, metadata, ...posting }),
    lines: ({ transaction }) => transaction.entries.map(changeOf),
    made: ({ transaction }) => `transaction ${transaction.id}`,
  })
}

/** Undoes a transaction. */
export async function reverse(session: Session, { positionals, values }: Given): Promise<number> {
  assertMayWrite(values)
  const metadata = readMetadata(values.metadata)
  const id = await given(positionals[0], { name: 'ID', question: 'The id of the transaction?' })
  return carryOut(session, values, {
    question: 'Reverse it?',
    send: (posting) => session.graph.reverseTransaction({ id, metadata, ...posting }),
    lines: ({ transaction }) => transaction.entries.map(changeOf),
    made: ({ transaction }) => `transaction ${transaction.id}`,
  })
}

/** Gives back some or all of an entry's credits. */
export async function refund(session: Session, { positionals, values }: Given): Promise<number> {
  assertMayWrite(values)
  const metadata = readMetadata(values.metadata)
  const id = await given(positionals[0], { name: 'ID', question: 'The id of the entry?' })
  const amount = readAmount(await given(positionals[1], { name: 'AMOUNT', question: 'How many credits?' }))
  return carryOut(session, values, {
    question: 'Refund them?',
    send: (posting) => session.graph.refundEntry({ id, amount, metadata, ...posting }),
    lines: ({ entry }) => [changeOf(entry)],
    made: ({ entry }) => `entry ${entry.id}`,
  })
}

/** Reads an entry of a transaction. The owner comes last, because an owner may have a colon. @throws UsageError */
function readLeg(leg: string): { ownerId: string; operation: string; amount: number | undefined } {
  const [, operation = '', amount = '', ownerId = ''] = /^(\w+):(\d*):(.+)$/s.exec(leg) ?? []
  if (operation !== '') return { ownerId, operation, amount: amount === '' ? undefined : readAmount(amount) }
  throw new UsageError(
    `An entry is OPERATION:AMOUNT:OWNER, such as CREDIT_SPEND:5:ada, or CREDIT_SPEND::ada for the usual amount, not ${JSON.stringify(leg)}.`,
  )
}
