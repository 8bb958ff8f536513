import { Kind, type OperationDefinitionNode } from 'graphql'

/** Answers to operations that ask about the graph alone. They stay the same for as long as it is served. */
export interface Introspections {
  get(operation: OperationDefinitionNode): Buffer<ArrayBuffer> | undefined
  /** Keeps the answer to an operation, if it is of this kind, and the same whatever variables come with it. */
  keep(operation: OperationDefinitionNode, answer: string): void
}

/** A few: tools ask each with a document of its own, and the answer to all of them takes some 100 KB. */
const bounds = { count: 10, length: 500_000 }

export function createIntrospections(): Introspections {
  const answers = new Map<OperationDefinitionNode, Buffer<ArrayBuffer>>()
  return {
    get: (operation) => answers.get(operation),
    keep(operation, answer) {
      if (!isIntrospection(operation) || answer.length > bounds.length) return
      answers.set(operation, Buffer.from(answer))
      const [oldest] = answers.keys()
      if (answers.size > bounds.count && oldest) answers.delete(oldest)
    },
  }
}

const fields: ReadonlySet<string> = new Set(['__schema', '__type', '__typename'])

function isIntrospection({
  operation,
  variableDefinitions = [],
  selectionSet,
}: OperationDefinitionNode): boolean {
  return (
    operation === 'query' &&
    variableDefinitions.length === 0 &&
    selectionSet.selections.every(
      (selection) => selection.kind === Kind.FIELD && fields.has(selection.name.value),
    )
  )
}
