import { type DocumentNode, GraphQLError, Kind, type SelectionSetNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Checks what graphql-js 16 does not: https://spec.graphql.org/September2025/#sec-Single-root-field */
export function useSubscriptionRules(): Plugin {
  return {
    onValidate({ params, setResult }) {
      const errors = conditionsOfSubscriptions(params.documentAST)
      if (errors.length > 0) setResult(errors)
    },
  }
}

/**
 * Refuses conditions (`@skip`, `@include`) on the fields of subscriptions. The specification forbids them since 2025,
 * because a subscription could be left without its one field. graphql-js 16 accepts them with values, and throws when
 * they have variables.
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
