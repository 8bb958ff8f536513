import {
  type DocumentNode,
  type GraphQLSchema,
  getNullableType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  validate,
} from 'graphql'

/** The name of a document's operation, for the log. */
export function operationName(document: DocumentNode): string | undefined {
  return operationOf(document)?.name?.value
}

/**
 * The codes with which the mutation of a document may refuse, as the names of its errors say them: InsufficientBalanceError
 * has INSUFFICIENT_BALANCE. An error with several codes does not say them, nor do the results of a batch.
 */
export function refusalCodes(schema: GraphQLSchema, document: DocumentNode): readonly string[] {
  const [field] = operationOf(document)?.selectionSet.selections ?? []
  const mutations = schema.getMutationType()?.getFields()
  const type = field?.kind === Kind.FIELD ? mutations?.[field.name.value]?.type : undefined
  const result = type && getNullableType(type)
  const names = isUnionType(result) ? result.getTypes().map(({ name }) => name) : []
  return names.map((name) =>
    name
      .replace(/Error$/, '')
      .replace(/(?!^)[A-Z]/g, '_$&')
      .toUpperCase(),
  )
}

function operationOf({ definitions }: DocumentNode): OperationDefinitionNode | undefined {
  return definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
}

/** @throws Error that names the route whose document the schema does not answer. */
export function assertDocument(schema: GraphQLSchema, document: DocumentNode, route: string): void {
  const [error] = validate(schema, document)
  if (error) throw new Error(`The document of ${route} does not fit the schema: ${error.message}`)
}
