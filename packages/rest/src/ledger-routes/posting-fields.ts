import type { z } from 'zod'
import { type Contract, createDirections, postOperationProblems } from '../contract.ts'
import type { RunDocument } from '../execute.ts'
import { unknownField } from '../fields.ts'
import { type FieldProblem, validationProblem } from '../problem.ts'
import * as shapes from '../shapes.ts'

/** The fields of an entry in a request. */
export const entryFields = {
  owner_id: shapes.ownerId,
  operation: shapes.postOperation,
  amount: shapes.amount.nullish(),
  expires_on: shapes.expiresOn,
}

/** The fields of a posting in addition to its entries. */
export const postingFields = {
  nonce: shapes.nonce,
  metadata: shapes.metadata.nullish(),
  dry_run: shapes.dryRun.nullish(),
}

type Fields<Shape extends Readonly<Record<string, z.ZodType>>> = z.output<z.ZodObject<Shape>>

/** Converts the fields of a posting to the graph's input. */
export function postingInput({ nonce, metadata, dry_run: dryRun }: Fields<typeof postingFields>) {
  return { nonce, metadata, dryRun }
}

/** An entry of a request, as the graph's inputs have it. */
interface GraphEntry {
  readonly ownerId: string
  readonly operation: string
  readonly amount: number | null | undefined
  readonly expiresOn?: string | null
}

/**
 * Returns what is wrong with an entry that a request wants to post: its operation, or an expiry where the app has no lots.
 */
export function entryProblems(
  contract: Contract,
  { operation, expires_on }: Fields<typeof entryFields>,
  path = '',
): readonly FieldProblem[] {
  const isUnknown = expires_on !== undefined && !contract.hasLots
  return [
    ...postOperationProblems(contract, operation, `${path}operation`),
    ...(isUnknown ? [{ field: `${path}expires_on`, message: unknownField }] : []),
  ]
}

/** Reads the entries of a body. @throws Problem VALIDATION_ERROR that names the fields of all faulty entries */
export type EntryReader = (
  entries: readonly Fields<typeof entryFields>[],
  run: RunDocument,
  pathOf?: (index: number) => string,
) => Promise<GraphEntry[]>

/**
 * Makes the reader of entries. Older clients send amounts with a sign. A minus sign that agrees with the operation is
 * removed. One that disagrees stays, and the graph refuses it.
 */
export function createEntryReader(contract: Contract): EntryReader {
  const directions = createDirections()
  return async (entries, run, pathOf = () => '') => {
    const problems = entries.flatMap((entry, index) => entryProblems(contract, entry, pathOf(index)))
    if (problems.length > 0) throw validationProblem(problems)
    const hasMinus = entries.some(({ amount }) => amount != null && amount < 0)
    const known = hasMinus ? await directions(run) : undefined
    return entries.map(({ owner_id: ownerId, operation, amount, expires_on: expiresOn }) => {
      const agrees = amount != null && amount < 0 && known?.get(operation) === 'OUT'
      const entry = { ownerId, operation, amount: agrees ? -amount : amount }
      return expiresOn === undefined ? entry : { ...entry, expiresOn }
    })
  }
}
