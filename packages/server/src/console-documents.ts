import {
  type ASTVisitor,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/**
 * Returns the console's documents as a graph takes them, by the names of their operations. What the graph does not have
 * is left out: fields, arguments and types of parts such as lots and books. A document of which nothing is left is not
 * there at all. So the console knows the graph exactly, also when introspection is off.
 */
export function fitDocuments(
  schema: GraphQLSchema,
  documents: readonly DocumentNode[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    documents.flatMap((document) => {
      const fitted = withoutUnused(withoutUnknown(schema, document))
      const operation = fitted.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION)
      return operation?.kind === Kind.OPERATION_DEFINITION && operation.name
        ? [[operation.name.value, print(fitted)]]
        : []
    }),
  )
}

/** Removes what the graph does not have, and what has no selection left. */
function withoutUnknown(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const types = new TypeInfo(schema)
  const isKnown = (name: string) => schema.getType(name) !== undefined
  const visitor: ASTVisitor = {
    Field: {
      enter: () => (types.getFieldDef() ? undefined : null),
      leave: ({ selectionSet }) => (selectionSet?.selections.length === 0 ? null : undefined),
    },
    Argument: () => (types.getArgument() ? undefined : null),
    ObjectField: () => (types.getInputType() ? undefined : null),
    InlineFragment: {
      enter: ({ typeCondition }) => (!typeCondition || isKnown(typeCondition.name.value) ? undefined : null),
      leave: ({ selectionSet }) => (selectionSet.selections.length === 0 ? null : undefined),
    },
    FragmentDefinition: {
      enter: ({ typeCondition }) => (isKnown(typeCondition.name.value) ? undefined : null),
    },
    OperationDefinition: {
      leave: ({ selectionSet }) => (selectionSet.selections.length === 0 ? null : undefined),
    },
  }
  return visit(document, visitWithTypeInfo(types, visitor))
}

/** Removes the variables and fragments that nothing uses any more. */
function withoutUnused(document: DocumentNode): DocumentNode {
  const used = new Set<string>()
  const spreads = new Set<string>()
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    visit({ ...definition, variableDefinitions: [] }, { Variable: ({ name }) => void used.add(name.value) })
  }
  const follow = (from: DocumentNode['definitions'][number]) =>
    visit(from, {
      FragmentSpread({ name: { value } }) {
        if (spreads.has(value)) return
        spreads.add(value)
        const fragment = document.definitions.find(
          (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === value,
        )
        if (fragment) follow(fragment)
      },
    })
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) follow(definition)
  }
  return visit(document, {
    VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null),
    FragmentDefinition: ({ name }) => (spreads.has(name.value) ? undefined : null),
  })
}
