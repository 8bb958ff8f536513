import { z } from 'zod'
import type { Sql } from '../database/sql.ts'
import { NotFoundError, ValidationError } from '../errors.ts'
import { idSchema, readInput } from '../input.ts'
import { hasLots, type Operations } from '../operations/operations.ts'
import type { Finders } from '../reading/finders.ts'
import { draftRequest, type PostingInput, type PostingRequest, postingFields } from './draft.ts'

/** The input of a void. Its metadata has a `reason`. */
export interface VoidLotInput extends PostingInput {
  /** The id of the lot. */
  readonly id: string
}

const schema = z.object({ ...postingFields, id: idSchema })

/** Makes the drafts of voids: an entry that takes what is left of a lot. @throws TypeError when the app has no lots */
export function voidDrafts(operations: Operations, find: Pick<Finders, 'lotById'>) {
  return async (input: VoidLotInput, sql: Sql): Promise<PostingRequest | ValidationError | NotFoundError> => {
    if (!hasLots(operations)) throw new TypeError('A void needs the operations ...lotOperations.')
    const read = readInput(schema, input)
    if (read instanceof ValidationError) return read
    const { id, nonce, metadata, dryRun } = read
    const lot = await find.lotById(sql, id)
    if (!lot) return new NotFoundError('LOT_NOT_FOUND', id)
    const { ownerId, book, amount } = lot
    const problems = metadata.reason
      ? []
      : [{ field: 'metadata.reason', message: 'is required: why the lot is voided' }]
    // The database takes what is left of it by then. Whether a frozen account lets credits out does not depend on that.
    const line = { ownerId, book, operation: 'CREDIT_VOIDED', amount: -amount, requested: null, voids: id }
    return draftRequest({ nonce, metadata, lines: [line], problems, dryRun })
  }
}
