import {
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  valueFromASTUntyped,
} from 'graphql'

/**
 * Whether a document may be sent again when the outcome of the first attempt is unknown. A query always may. A mutation
 * may when each of its root fields has a nonce, by which the server recognises the second attempt: as an argument
 * `nonce`, in an input object (`input: { nonce }`), or in each object of a list.
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
