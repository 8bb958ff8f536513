import { exitCodes } from '../exit.ts'
import { assertMayAsk, confirmed } from '../questions.ts'
import { note, printable } from '../terminal.ts'
import { type Refusal, refusedBy } from './refusals.ts'
import type { Session } from './session.ts'
import { signed } from './shown.ts'
import type { WriteOptions } from './write-options.ts'

/** What the client's commands return. */
type Outcome = { readonly ok: true; readonly __typename: string } | Refusal

interface Writing<Result extends Outcome> {
  /** What is asked before it is done. */
  readonly question: string
  /** Posts under the nonce, or says what it would come to. */
  send(posting: { readonly nonce: string; readonly dryRun?: boolean }): Promise<Result>
  /** What it does, for a person. */
  lines(done: Result & { readonly ok: true }): readonly string[]
  /** What was made, such as "entry 17". A dry run makes nothing. */
  made(done: Result & { readonly ok: true }): string
}

/** Refuses a command that writes before anything is asked, when nobody could be asked. @throws UsageError */
export function assertMayWrite({ yes, 'dry-run': dryRun }: WriteOptions): void {
  assertMayAsk(yes || dryRun)
}

/**
 * Posts something: first a dry run and a question, unless `-y` was given. The nonce is printed before it is used. What
 * an earlier run posted under the same nonce counts as done.
 *
 * @throws CommandError for a refusal, and when the answer is no
 */
export async function carryOut<Result extends Outcome>(
  { answer }: Session,
  values: WriteOptions,
  { question, send, lines, made }: Writing<Result>,
): Promise<number> {
  const nonce = values.nonce ?? crypto.randomUUID()
  if (values['dry-run'] || !values.yes) {
    const tried = await send({ nonce, dryRun: true })
    if (!isDone(tried)) return replayed(tried, answer)
    if (values['dry-run']) {
      answer({ dryRun: true, ...plain(tried) }, [
        'It would come to this. Nothing was written.',
        ...lines(tried),
      ])
      return exitCodes.done
    }
    for (const line of lines(tried)) note(line)
    await confirmed(question)
  }
  if (values.nonce === undefined) note(`nonce ${nonce}`)
  const result = await send({ nonce })
  if (!isDone(result)) return replayed(result, answer)
  answer(plain(result), [...lines(result), made(result)])
  return exitCodes.done
}

function isDone<Result extends Outcome>(result: Result): result is Result & { readonly ok: true } {
  return result.ok
}

/** Answers with what an earlier run posted under the nonce. @throws CommandError for every other refusal */
function replayed(outcome: Outcome, answer: Session['answer']): number {
  if (outcome.ok) throw new TypeError('A success is no refusal.')
  if (!('identical' in outcome) || outcome.identical !== true) throw refusedBy(outcome)
  const { code: _, message: __, identical: ___, ...original } = outcome
  answer({ ...plain(original), replayed: true }, [
    'An earlier run posted it under this nonce. Nothing was posted now.',
  ])
  return exitCodes.done
}

/** Returns a result as `--json` prints it. */
function plain({
  ok: _,
  __typename,
  ...result
}: {
  readonly ok: boolean
  readonly __typename: string
}): object {
  return result
}

interface Posted {
  readonly ownerId: string
  readonly operationName: string
  readonly amount: number
  readonly balanceAfter: number
}

/** Returns a line for what an entry does to its account's balance. */
export function changeOf({ ownerId, operationName, amount, balanceAfter }: Posted): string {
  const change = `${operationName} ${signed(amount)}, balance ${balanceAfter - amount} → ${balanceAfter}`
  return `${printable(ownerId)}: ${change}`
}
