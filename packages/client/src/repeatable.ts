import {
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  valueFromASTUntyped,
} from 'graphql'

/**
 * Whether a document may be sent again when the outcome of the first time is unknown: always for a query;
 * for a mutation when every one of its root fields carries a nonce, as an argument `nonce`, inside an input object
 * (`input: { nonce }`) or inside each of a list of them, so that the server recognizes the second time.
 */
export function isRepeatable(document: DocumentNode, variables: object): boolean {
  return document.definitions.every(
    (definition) =>
      definition.kind !== Kind.OPERATION_DEFINITION ||
      definition.operation === OperationTypeNode.QUERY ||
      carriesNonces(definition, variables),
  )
}

function carriesNonces({ selectionSet }: OperationDefinitionNode, variables: object): boolean {
  return selectionSet.selections.every(
    (field) =>
      field.kind === Kind.FIELD &&
      field.arguments?.some(({ name, value }) => {
        const argument = valueFromASTUntyped(value, { ...variables })
        return name.value === 'nonce' ? isNonce(argument) : hasNonce(argument)
      }),
  )
}

function hasNonce(input: unknown): boolean {
  if (Array.isArray(input)) return input.length > 0 && input.every(hasNonce)
  return typeof input === 'object' && input !== null && 'nonce' in input && isNonce(input.nonce)
}

function isNonce(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
