import { exitCodes } from '../exit.ts'
import { assertMayAsk, confirmed, given } from '../questions.ts'
import { note } from '../terminal.ts'
import { readAmount, readMetadata } from './arguments.ts'
import { assertMayWrite, carryOut, changeOf } from './carry-out.ts'
import type { Session } from './session.ts'
import { linesOfHold, notFound, refusedBy } from './shown.ts'
import type { WriteOptions } from './write-options.ts'

/** Prints an owner's live holds. */
export async function holds(
  { graph, answer }: Session,
  { positionals }: { readonly positionals: readonly string[] },
): Promise<number> {
  const ownerId = await given(positionals[0], { name: 'OWNER', question: 'Whose holds?' })
  const all = await graph.holds(ownerId)
  const lines = all.flatMap((hold, at) => [...(at > 0 ? [''] : []), ...linesOfHold(hold)])
  answer({ holds: all }, lines.length > 0 ? lines : ['No credits are on hold.'])
  return exitCodes.done
}

/** Posts the entry that a hold was for. */
export async function capture(
  session: Session,
  {
    positionals: [hold, credits],
    values,
  }: { readonly positionals: readonly string[]; readonly values: WriteOptions },
): Promise<number> {
  assertMayWrite(values)
  const metadata = readMetadata(values.metadata)
  const amount = credits === undefined ? undefined : readAmount(credits)
  const id = await given(hold, { name: 'ID', question: 'The id of the hold?' })
  return carryOut(session, values, {
    question: 'Capture it?',
    send: (posting) => session.graph.captureHold({ id, amount, metadata, ...posting }),
    lines: ({ entry }) => [changeOf(entry)],
    made: ({ entry }) => `entry ${entry.id}`,
  })
}

/** Makes a hold's credits available again. It has no nonce: a second release changes nothing. */
export async function release(
  { graph, answer }: Session,
  {
    positionals,
    values,
  }: { readonly positionals: readonly string[]; readonly values: { readonly yes: boolean } },
): Promise<number> {
  assertMayAsk(values.yes)
  const id = await given(positionals[0], { name: 'ID', question: 'The id of the hold?' })
  if (!values.yes) {
    const hold = await graph.hold(id)
    if (!hold) throw notFound('The app has no such hold, or the key may not see it.')
    for (const line of linesOfHold(hold)) note(line)
    await confirmed('Release it?')
  }
  const result = await graph.releaseHold(id)
  if (!result.ok) throw refusedBy(result)
  const { hold, balance } = result
  answer({ hold, balance }, [
    `${hold.ownerId}: the hold ${hold.id} of ${hold.amount} is ${hold.status}, ${balance.available} available`,
  ])
  return exitCodes.done
}
