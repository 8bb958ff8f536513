import {
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNullableType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  validate,
} from 'graphql'
import type { ProblemCode } from './problems.ts'

/** Returns the name of a document's operation, for the log. */
export function operationName(document: DocumentNode): string | undefined {
  return operationOf(document)?.name?.value
}

/** Returns the name of the field that a document has. @throws Error on a document without one. */
export function mutationName(document: DocumentNode): string {
  const [field] = operationOf(document)?.selectionSet.selections ?? []
  if (field?.kind === Kind.FIELD) return field.name.value
  throw new Error(`The document ${operationName(document)} does not begin with a mutation's field.`)
}

/** Returns the members of the union that a document's mutation returns; none where it returns another type. */
export function resultTypes(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLObjectType[] {
  const [field] = operationOf(document)?.selectionSet.selections ?? []
  const mutations = schema.getMutationType()?.getFields()
  const type = field?.kind === Kind.FIELD ? mutations?.[field.name.value]?.type : undefined
  const result = type && getNullableType(type)
  return isUnionType(result) ? result.getTypes() : []
}

/** The codes of an error type with several, where every route with the type may give each of them. */
const codesOf: Readonly<Record<string, readonly ProblemCode[]>> = {
  AccountStateError: ['ACCOUNT_FROZEN', 'ACCOUNT_CLOSED'],
  LotEndedError: ['LOT_ENDED', 'LOT_HELD'],
}

/**
 * Returns the codes of errors. They follow from the names of their types: InsufficientBalanceError has INSUFFICIENT_BALANCE.
 * The other error types with several codes, and the results of a batch, do not reveal their codes in this way.
 */
export function refusalCodes(types: readonly GraphQLObjectType[]): readonly string[] {
  return types.flatMap(({ name }): readonly string[] => codesOf[name] ?? [codeOf(name)])
}

function codeOf(name: string): string {
  return name
    .replace(/Error$/, '')
    .replace(/(?!^)[A-Z]/g, '_$&')
    .toUpperCase()
}

function operationOf({ definitions }: DocumentNode): OperationDefinitionNode | undefined {
  return definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
}

/** @throws Error that names the route whose document does not fit the schema */
export function assertDocument(schema: GraphQLSchema, document: DocumentNode, route: string): void {
  const [error] = validate(schema, document)
  if (error) throw new Error(`The document of ${route} does not fit the schema: ${error.message}`)
}
