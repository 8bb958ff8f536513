import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
  Kind,
  type SelectionSetNode,
  subscribe,
  type ValidationRule,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'

/**
 * Has graphql-js execute documents in the place of Yoga's own executor. That one takes whatever has a `then` for a
 * promise: an object whose alias is called so, or metadata with such a key.
 */
export function useGraphqlJs(): Plugin {
  return {
    onValidate: ({ addValidationRule }) => addValidationRule(SubscriptionRootRule),
    onExecute: ({ setExecuteFn }) => setExecuteFn((args) => refusalOf(args) ?? execute(args)),
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribe),
  }
}

/** graphql-js names no code where a request does not say which operation it means. */
function refusalOf({ document, operationName }: ExecutionArgs): ExecutionResult | undefined {
  if (getOperationAST(document, operationName)) return undefined
  const message = operationName
    ? 'The document has no operation of the name in operationName.'
    : 'The document has no operation, or several: operationName must name the one to run.'
  const extensions = { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } }
  return { errors: [new GraphQLError(message, { extensions })] }
}

/** As the specification says since 2025: what is left out of a subscription leaves it without its one field. */
const SubscriptionRootRule: ValidationRule = (context) => ({
  OperationDefinition(operation) {
    if (operation.operation !== 'subscription') return
    const spread = new Set<string>()
    const check = ({ selections }: SelectionSetNode) => {
      for (const selection of selections) {
        const condition = selection.directives?.find(({ name }) => ['skip', 'include'].includes(name.value))
        if (condition) context.reportError(new GraphQLError(conditionRefused, { nodes: condition }))
        if (selection.kind === Kind.INLINE_FRAGMENT) check(selection.selectionSet)
        if (selection.kind !== Kind.FRAGMENT_SPREAD || spread.has(selection.name.value)) continue
        spread.add(selection.name.value)
        const fragment = context.getFragment(selection.name.value)
        if (fragment) check(fragment.selectionSet)
      }
    }
    check(operation.selectionSet)
  },
})

const conditionRefused =
  'The field of a subscription takes neither @skip nor @include: leave the subscription out.'
