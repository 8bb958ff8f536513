import type { AccountState } from '../account-state.ts'
import type { Scope } from '../principal.ts'
import { type AmountLimits, amountLimits } from './amount.ts'
import {
  type Exchange,
  isOperation,
  type LotDefinition,
  type OperationLimit,
  type OperationOf,
  type Operations,
  sharedOperations,
} from './operations.ts'

/** An operation's description for a form. Amounts are numbers of credits, >= 0. */
export interface OperationInfo<Operation extends string = string> extends AmountLimits {
  readonly name: Operation
  readonly description: string | undefined
  /** Whether every app has it. */
  readonly shared: boolean
  /** How often an owner may have it. Undefined means any number of times. */
  readonly limit: OperationLimit | undefined
  /** Whether it is posted only in balanced transactions. */
  readonly paired: boolean
  /** Whether it is no longer posted. */
  readonly retired: boolean
  /** Whether only the app's own code posts it. */
  readonly internal: boolean
  /** The scope that a caller needs in addition to `post`. Undefined means none. */
  readonly scope: Scope | undefined
  /** The book that it names. Undefined for the app's own. */
  readonly book: string | undefined
  /** What it makes of the account. Undefined for nothing. */
  readonly state: AccountState | undefined
  /** The lot that its credits make. Undefined for one of kind paid that never expires, where the account has lots. */
  readonly lot: LotDefinition | undefined
  /** What an owner gets for the credits that it takes. Undefined for nothing in exchange. */
  readonly exchange: Exchange | undefined
}

/** Returns an app's operations: the shared ones first, then the app's own, each group in its order. */
export function operationInfos<Ops extends Operations>(
  operations: Ops,
): readonly OperationInfo<OperationOf<Ops>>[] {
  const names = [...new Set([...Object.keys(sharedOperations), ...Object.keys(operations)])]
  return names.flatMap((name) => {
    const definition = operations[name]
    return definition && isOperation(operations, name)
      ? [
          {
            name,
            description: definition.description,
            shared: name in sharedOperations,
            limit: definition.limit,
            paired: definition.paired ?? false,
            retired: definition.retired ?? false,
            internal: definition.internal ?? false,
            scope: definition.scope,
            book: definition.book,
            exchange: definition.exchange,
            state: definition.state,
            lot: definition.lot,
            ...amountLimits(definition.amount),
          },
        ]
      : []
  })
}
