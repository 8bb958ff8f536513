import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
  Kind,
  type SelectionSetNode,
  subscribe,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'

/**
 * Has graphql-js execute documents in the place of Yoga's own executor. That one takes whatever has a `then` for a
 * promise: an object whose alias is called so, or metadata with such a key.
 */
export function useGraphqlJs(): Plugin {
  return {
    onValidate({ params, setResult }) {
      const errors = conditionsOfSubscriptions(params.documentAST)
      if (errors.length > 0) setResult(errors)
    },
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

/**
 * The conditions on the fields of subscriptions, which the specification forbids since 2025: what is left out of a
 * subscription leaves it without its one field. graphql-js 16 takes those with values, and throws at those with variables.
 */
function conditionsOfSubscriptions({ definitions }: DocumentNode): GraphQLError[] {
  const errors: GraphQLError[] = []
  const spread = new Set<string>()
  const check = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      const condition = selection.directives?.find(({ name }) => ['skip', 'include'].includes(name.value))
      if (condition) errors.push(new GraphQLError(conditionRefused, { nodes: condition }))
      if (selection.kind === Kind.INLINE_FRAGMENT) check(selection.selectionSet)
      if (selection.kind === Kind.FRAGMENT_SPREAD) checkFragment(selection.name.value)
    }
  }
  const checkFragment = (name: string) => {
    if (spread.has(name)) return
    spread.add(name)
    for (const definition of definitions) {
      const isIt = definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name
      if (isIt) check(definition.selectionSet)
    }
  }
  for (const definition of definitions) {
    const isSubscription =
      definition.kind === Kind.OPERATION_DEFINITION && definition.operation === 'subscription'
    if (isSubscription) check(definition.selectionSet)
  }
  return errors
}

const conditionRefused =
  'The field of a subscription takes neither @skip nor @include: leave the subscription out.'
