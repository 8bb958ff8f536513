import { type DocumentNode, type GraphQLSchema, Kind, validate } from 'graphql'

/** The name of a document's operation, for the log. */
export function operationName(document: DocumentNode): string | undefined {
  return document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)?.name?.value
}

/** @throws Error that names the route whose document the schema does not answer. */
export function assertDocument(schema: GraphQLSchema, document: DocumentNode, route: string): void {
  const [error] = validate(schema, document)
  if (error) throw new Error(`The document of ${route} does not fit the schema: ${error.message}`)
}
