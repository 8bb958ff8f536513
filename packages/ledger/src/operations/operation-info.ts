import type { Scope } from '../principal.ts'
import { type AmountLimits, amountLimits } from './amount.ts'
import {
  isOperation,
  type OperationLimit,
  type OperationOf,
  type Operations,
  sharedOperations,
} from './operations.ts'

/** An operation with all that a form needs. Amounts are numbers of credits, >= 0. */
export interface OperationInfo<Operation extends string = string> extends AmountLimits {
  readonly name: Operation
  readonly description: string | undefined
  /** Whether every app has it. */
  readonly shared: boolean
  /** How often an owner may have it; undefined: as often as one likes. */
  readonly limit: OperationLimit | undefined
  /** Whether it is posted in balanced transactions alone. */
  readonly paired: boolean
  /** Whether it is no longer posted. */
  readonly retired: boolean
  /** Whether the app's own code alone posts it. */
  readonly internal: boolean
  /** What a caller needs beside the scope `post` to post it; undefined: nothing. */
  readonly scope: Scope | undefined
}

/** An app's operations: the shared ones in their order, then its own in theirs. */
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
            ...amountLimits(definition.amount),
          },
        ]
      : []
  })
}
