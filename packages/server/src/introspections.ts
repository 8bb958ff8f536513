import { Kind, type OperationDefinitionNode } from 'graphql'

/** Cached answers to introspection queries. They stay the same while the graph is served. */
interface Introspections {
  get(operation: OperationDefinitionNode): Buffer<ArrayBuffer> | undefined
  /** Caches the answer to an operation, if it only introspects and takes no variables. */
  keep(operation: OperationDefinitionNode, answer: string): void
}

/** Each tool sends its own document. The answer to a full introspection takes some 100 KB. */
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
