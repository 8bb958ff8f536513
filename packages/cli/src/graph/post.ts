import { chosen, given } from '../questions.ts'
import { isInteractive, printable } from '../terminal.ts'
import { readAmount, readMetadata, readMoment, readSeconds } from './arguments.ts'
import { assertMayWrite, carryOut, changeOf } from './carry-out.ts'
import type { LedgerGraph } from './client.ts'
import { amountText, isPosted, operationOf } from './operations.ts'
import type { Session } from './session.ts'
import type { WriteOptions } from './write-options.ts'

interface Given<Values> {
  readonly positionals: readonly string[]
  readonly values: WriteOptions & Values
}

/** Posts one entry. */
export async function post(
  session: Session,
  { positionals, values }: Given<{ readonly 'expires-on'?: string | undefined }>,
): Promise<number> {
  assertMayWrite(values)
  const expiresOn = readMoment('expires-on', values['expires-on'])
  const metadata = readMetadata(values.metadata)
  const entry = await readEntry(session.graph, positionals, isPosted)
  return carryOut(session, values, {
    question: 'Post it?',
    send: (posting) => session.graph.postEntry({ ...entry, expiresOn, metadata, ...posting }),
    lines: ({ entry }) => [changeOf(entry)],
    made: ({ entry }) => `entry ${entry.id}`,
  })
}

/** Sets credits aside. */
export async function hold(
  session: Session,
  { positionals, values }: Given<{ readonly for?: string | undefined }>,
): Promise<number> {
  assertMayWrite(values)
  const metadata = readMetadata(values.metadata)
  const entry = await readEntry(session.graph, positionals, isHeld)
  const duration = await given(values.for, {
    name: '--for',
    question: 'For how long, such as 30m, 12h or 7d?',
  })
  const expiresIn = readSeconds('for', duration)
  return carryOut(session, values, {
    question: 'Set them aside?',
    send: (posting) => session.graph.holdCredits({ ...entry, expiresIn, metadata, ...posting }),
    lines: ({ hold, balance }) => [
      `${printable(hold.ownerId)}: ${hold.amount} credits on hold for ${hold.operationName} until ${hold.expiresOn}, ${balance.available} available`,
    ],
    made: ({ hold }) => `hold ${hold.id}`,
  })
}

/** Whether a hold may be for the operation. */
function isHeld(operation: Operation): boolean {
  return isPosted(operation) && operation.direction === 'OUT'
}

type Operation = Awaited<ReturnType<LedgerGraph['operations']>>[number]

/**
 * Reads OWNER OPERATION [AMOUNT], and asks for what is missing. An amount that the operation fixes, or has a default
 * for, need not be given.
 */
async function readEntry(
  graph: LedgerGraph,
  [owner, named, credits]: readonly string[],
  fits: (operation: Operation) => boolean,
): Promise<{ ownerId: string; operation: string; amount: number | undefined }> {
  const ownerId = await given(owner, { name: 'OWNER', question: 'Whose account?' })
  const operation = await chosen(named, { name: 'OPERATION', question: 'Which operation?' }, async () => {
    const all = (await graph.operations()).filter(fits)
    return all.map((each) => ({ value: each.name, hint: `${amountText(each)}. ${each.description ?? ''}` }))
  })
  const rule = await operationOf(graph, operation)
  if (credits !== undefined) return { ownerId, operation, amount: readAmount(credits) }
  const isOpen = rule.defaultAmount === null && rule.minAmount !== rule.maxAmount
  if (!isOpen || !isInteractive()) return { ownerId, operation, amount: undefined }
  const asked = await given(undefined, { name: 'AMOUNT', question: `How many credits, ${amountText(rule)}?` })
  return { ownerId, operation, amount: readAmount(asked) }
}
