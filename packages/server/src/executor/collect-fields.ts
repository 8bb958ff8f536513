import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionNode,
  typeFromAST,
} from 'graphql'

/** What decides which fields of a selection apply. */
export interface Collecting {
  readonly schema: GraphQLSchema
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  readonly variables: Readonly<Record<string, unknown>>
}

/**
 * The fields that the nodes select on an object of a type, by response name, in the order of the response.
 *
 * @throws GraphQLError where @skip or @include lacks the value of its variable.
 */
export function collectFields(
  { schema, fragments, variables }: Collecting,
  type: GraphQLObjectType,
  nodes: readonly Pick<FieldNode, 'selectionSet'>[],
): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const visited = new Set<string>()

  const collect = (selections: readonly SelectionNode[]) => {
    for (const selection of selections) {
      if (!isIncluded(selection)) continue
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value
        const others = fields.get(name)
        if (others) others.push(selection)
        else fields.set(name, [selection])
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection)) collect(selection.selectionSet.selections)
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value)
        const fragment = fragments[selection.name.value]
        if (fragment && applies(fragment)) collect(fragment.selectionSet.selections)
      }
    }
  }
  const isIncluded = (selection: SelectionNode) =>
    getDirectiveValues(GraphQLSkipDirective, selection, variables)?.if !== true &&
    getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if !== false
  const applies = ({ typeCondition }: FragmentDefinitionNode | InlineFragmentNode) => {
    const condition = typeCondition ? typeFromAST(schema, typeCondition) : type
    return condition === type || (isAbstractType(condition) && schema.isSubType(condition, type))
  }

  for (const { selectionSet } of nodes) if (selectionSet) collect(selectionSet.selections)
  return fields
}
