import { exitCodes, UsageError } from '../exit.ts'
import { assertMayAsk, confirmed, given } from '../questions.ts'
import { note } from '../terminal.ts'
import { readAmount, readMetadata, readMoment, readSeconds } from './arguments.ts'
import { assertMayWrite, carryOut, changeOf } from './carry-out.ts'
import type { LedgerGraph } from './client.ts'
import { notFound, refusedBy } from './refusals.ts'
import type { Session } from './session.ts'
import { lineOfHold, linesOfHold } from './shown.ts'
import type { WriteOptions } from './write-options.ts'

interface HoldGiven<Values> {
  readonly positionals: readonly string[]
  readonly values: Values
}

/** Whether a change is made without a question. */
interface Confirmation {
  readonly yes: boolean
}

/** Until when a hold should last: for a duration from now, or until a moment. */
interface Ending {
  readonly for?: string | undefined
  readonly until?: string | undefined
}

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

/** How a hold is asked for. */
const askedHold = { name: 'ID', question: 'The id of the hold?' }

/** Posts an entry that a hold was for. */
export async function capture(
  session: Session,
  { positionals, values }: HoldGiven<WriteOptions & { readonly 'keep-rest': boolean }>,
): Promise<number> {
  assertMayWrite(values)
  const metadata = readMetadata(values.metadata)
  const [hold, credits] = positionals
  const amount = credits === undefined ? undefined : readAmount(credits)
  const keepRest = values['keep-rest']
  const id = await given(hold, askedHold)
  return carryOut(session, values, {
    question: 'Capture it?',
    send: (posting) => session.graph.captureHold({ id, amount, keepRest, metadata, ...posting }),
    // The hold of a dry run has an id of its own.
    lines: ({ entry, hold, balance }) => [changeOf(entry), lineOfHold({ ...hold, id }, balance)],
    made: ({ entry }) => `entry ${entry.id}`,
  })
}

/** Lets a hold expire at a later moment. */
export async function prolong(
  session: Session,
  { positionals, values }: HoldGiven<Confirmation & Ending>,
): Promise<number> {
  assertMayAsk(values.yes)
  const ending = readEnding(values)
  const id = await given(positionals[0], askedHold)
  const expiresOn = ending ?? momentAfter(await given(undefined, askedDuration))
  return change(session, values, {
    id,
    question: `Prolong it until ${expiresOn}?`,
    send: () => session.graph.prolongHold({ id, expiresOn }),
  })
}

/** Makes a hold's credits available again. */
export async function release(
  session: Session,
  { positionals, values }: HoldGiven<Confirmation>,
): Promise<number> {
  assertMayAsk(values.yes)
  const id = await given(positionals[0], askedHold)
  return change(session, values, {
    id,
    question: 'Release it?',
    send: () => session.graph.releaseHold(id),
  })
}

/** Changes a hold without a nonce: the same call may be sent again. Without `-y` it shows the hold and asks first. */
async function change(
  { graph, answer }: Session,
  { yes }: Confirmation,
  {
    id,
    question,
    send,
  }: {
    readonly id: string
    readonly question: string
    send(): ReturnType<LedgerGraph['prolongHold' | 'releaseHold']>
  },
): Promise<number> {
  if (!yes) {
    const hold = await graph.hold(id)
    if (!hold) throw notFound('hold')
    for (const line of linesOfHold(hold)) note(line)
    await confirmed(question)
  }
  const result = await send()
  if (!result.ok) throw refusedBy(result)
  const { hold, balance } = result
  answer({ hold, balance }, [lineOfHold(hold, balance)])
  return exitCodes.done
}

const askedDuration = { name: '--for or --until', question: 'For how long from now, such as 30m, 12h or 7d?' }

/** Reads until when a hold should last. Undefined when nothing says it. @throws UsageError */
function readEnding({ for: duration, until }: Ending): string | undefined {
  if (duration !== undefined && until !== undefined) throw new UsageError('Give --for or --until, not both.')
  return duration === undefined ? readMoment('until', until) : momentAfter(duration)
}

function momentAfter(duration: string): string {
  return new Date(Date.now() + readSeconds('for', duration) * 1_000).toISOString()
}
