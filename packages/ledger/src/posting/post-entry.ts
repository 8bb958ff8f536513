import { z } from 'zod'
import type { LedgerBalance, LedgerEntry } from '../entry.ts'
import { ValidationError } from '../errors.ts'
import { readInput } from '../input.ts'
import type { Operations } from '../operations/operations.ts'
import {
  draftRequest,
  type EntryInput,
  entryFields,
  entryProblems,
  type PostingInput,
  postingFields,
  type ReadRequest,
  stateProblems,
  toLine,
} from './draft.ts'
import type { Written } from './outcome.ts'

/** The input of a posting of one entry. */
export interface PostEntryInput<Operation extends string = string>
  extends EntryInput<Operation>,
    PostingInput {}

/** The posted entry, and the balance after it. */
export interface PostedEntry<Operation extends string = string> {
  readonly entry: LedgerEntry<Operation>
  readonly balance: LedgerBalance
}

/** Makes the draft of one entry, which is a transaction of one. */
export function entryDrafts(app: string, operations: Operations): ReadRequest<PostEntryInput> {
  const schema = z.object({ ...entryFields(app, operations).fields, ...postingFields })
  return (input) => {
    const read = readInput(schema, input)
    if (read instanceof ValidationError) return read
    const { nonce, metadata, dryRun, ...entry } = read
    const problems = [
      ...entryProblems(entry, { balanced: false }),
      ...stateProblems(entry, { metadata, isAlone: true }),
    ]
    return draftRequest({ nonce, metadata, lines: [toLine(entry)], problems, dryRun })
  }
}

/** Returns the one entry of a draft. */
export function postedEntry<Operation extends string>(posted: Written<Operation>): PostedEntry<Operation> {
  const [entry, balance] = 'entries' in posted ? [posted.entries[0], posted.balances[0]] : []
  if (!entry || !balance) throw new Error('ledger.post answered without an entry')
  return { entry, balance }
}
