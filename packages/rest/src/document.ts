import {
  type DocumentNode,
  type GraphQLSchema,
  getNullableType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  validate,
} from 'graphql'

/** Returns the name of a document's operation, for the log. */
export function operationName(document: DocumentNode): string | undefined {
  return operationOf(document)?.name?.value
}

/**
 * Returns the codes with which a document's mutation may refuse. They follow from the names of its errors:
 * InsufficientBalanceError has INSUFFICIENT_BALANCE. An error type with several codes, and the results of a batch, do
 * not reveal their codes in this way.
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

/** @throws Error that names the route whose document does not fit the schema */
export function assertDocument(schema: GraphQLSchema, document: DocumentNode, route: string): void {
  const [error] = validate(schema, document)
  if (error) throw new Error(`The document of ${route} does not fit the schema: ${error.message}`)
}
