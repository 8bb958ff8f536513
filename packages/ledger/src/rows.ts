import type { LedgerEntry, LedgerHold, LedgerLot, LedgerTransaction, NamedOperation } from './entry.ts'
import { isOperation, type OperationOf, type Operations } from './operations/operations.ts'

/** A moment as the ledger's functions return it: milliseconds since 1970. */
type Moment = number

/** An entry as ledger.entry_json returns it. */
export interface EntryRow extends Omit<LedgerEntry, keyof NamedOperation | 'createdOn'> {
  readonly operation: string
  readonly createdOn: Moment
}

/** A hold as ledger.hold_json returns it. */
export interface HoldRow
  extends Omit<LedgerHold, keyof NamedOperation | 'createdOn' | 'expiresOn' | 'releasedOn'> {
  readonly operation: string
  readonly createdOn: Moment
  readonly expiresOn: Moment
  readonly releasedOn: Moment | null
}

/** A lot as ledger.lot_json returns it. */
export interface LotRow extends Omit<LedgerLot, 'createdOn' | 'expiresOn'> {
  readonly createdOn: Moment
  readonly expiresOn: Moment | null
}

export function lotOf(row: LotRow): LedgerLot {
  const expiresOn = row.expiresOn === null ? null : new Date(row.expiresOn)
  return { ...row, createdOn: new Date(row.createdOn), expiresOn }
}

/** Converts an app's rows. The operation of a row may be one that this server's code lacks. */
export interface RowReader<Operation extends string = string> {
  operation(name: string): NamedOperation<Operation>
  entry(row: EntryRow): LedgerEntry<Operation>
  hold(row: HoldRow): LedgerHold<Operation>
}

export function rowReader<Ops extends Operations>(operations: Ops): RowReader<OperationOf<Ops>> {
  const operation = (name: string) => ({
    operation: isOperation(operations, name) ? name : null,
    operationName: name,
  })
  return {
    operation,
    entry: (row) => ({ ...row, ...operation(row.operation), createdOn: new Date(row.createdOn) }),
    hold: (row) => ({
      ...row,
      ...operation(row.operation),
      createdOn: new Date(row.createdOn),
      expiresOn: new Date(row.expiresOn),
      releasedOn: row.releasedOn === null ? null : new Date(row.releasedOn),
    }),
  }
}

/** Returns the transaction of entries that were posted together, or undefined when there are none. */
export function transactionOf<Operation extends string>(
  entries: readonly LedgerEntry<Operation>[],
): LedgerTransaction<Operation> | undefined {
  const [first] = entries
  if (!first) return undefined
  const { transactionId: id, nonce, metadata, createdOn } = first
  return { id, nonce, metadata, createdOn, entries }
}
