import type { LedgerEntry, LedgerMetadata } from './entry.ts'
import { ServerOutdatedError } from './errors.ts'
import { isOperation, type OperationOf, type Operations } from './operations.ts'

/** An entry as ledger.entry_json answers it. */
export interface EntryRow {
  readonly id: string
  readonly ownerId: string
  readonly seq: number
  readonly operation: string
  readonly amount: number
  readonly balanceAfter: number
  readonly nonce: string
  readonly transactionId: string
  readonly metadata: LedgerMetadata
  /** Milliseconds since 1970. */
  readonly createdOn: number
}

/** Reads rows of an app's entries. Its result throws ServerOutdatedError on an operation that the app lacks. */
export function entryReader<Ops extends Operations>(
  operations: Ops,
): (row: EntryRow) => LedgerEntry<OperationOf<Ops>> {
  return ({ operation, createdOn, ...row }) => {
    if (!isOperation(operations, operation)) {
      throw new ServerOutdatedError(
        `Entry ${row.id} has the operation ${operation}, which this server does not know yet.`,
      )
    }
    return { ...row, operation, createdOn: new Date(createdOn) }
  }
}
