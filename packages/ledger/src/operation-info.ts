import { type AmountLimits, amountLimits } from './amount.ts'
import { isOperation, type OperationOf, type Operations, sharedOperations } from './operations.ts'

/** An operation with all that a form needs. Amounts are numbers of credits, >= 0. */
export interface OperationInfo<Operation extends string = string> extends AmountLimits {
  readonly name: Operation
  readonly description: string | undefined
  /** Whether every app has it. */
  readonly shared: boolean
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
            ...amountLimits(definition.amount),
          },
        ]
      : []
  })
}
