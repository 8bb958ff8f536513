import {
  type DirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  TypeInfo,
  type VariableDefinitionNode,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { ledgerFragments } from './fragments.ts'

/** Makes of a route's document the one that an app's graph is asked. */
export type CompleteDocument = (document: DocumentNode) => DocumentNode

/**
 * Completes documents for a schema: adds those of the ledger's fragments that are used, and leaves out what is marked
 * `@ifKnown` and is not in the schema: a field, a fragment on a type, or a variable and the argument that takes it.
 * The same document is always answered with the same one.
 */
export function createCompleter(schema: GraphQLSchema): CompleteDocument {
  const fragments = new Map(
    leaveOutUnknown(schema, parse(ledgerFragments)).definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  )
  const completed = new WeakMap<DocumentNode, DocumentNode>()

  const complete = (document: DocumentNode): DocumentNode => {
    const known = leaveOutUnknown(schema, document)
    const used = new Set<string>()
    const collect = (node: Parameters<typeof visit>[0]) => {
      visit(node, {
        FragmentSpread({ name: { value: name } }) {
          const fragment = fragments.get(name)
          if (!fragment || used.has(name)) return
          used.add(name)
          collect(fragment)
        },
      })
    }
    collect(known)
    const added = [...used].flatMap((name) => fragments.get(name) ?? [])
    return { ...known, definitions: [...known.definitions, ...added] }
  }

  return (document) => {
    const done = completed.get(document) ?? complete(document)
    completed.set(document, done)
    return done
  }
}

/** The operation of a document that has one. */
function operationOf(document: DocumentNode): OperationDefinitionNode | undefined {
  return document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
}

/** The name of a document's operation, for the log. */
export function operationName(document: DocumentNode): string | undefined {
  return operationOf(document)?.name?.value
}

/** Whether a schema has the fields that a document asks of its root. */
export function hasRootFields(schema: GraphQLSchema, document: DocumentNode): boolean {
  const operation = operationOf(document)
  const root = operation && schema.getRootType(operation.operation)
  if (!root) return false
  const known = root.getFields()
  return operation.selectionSet.selections.every(
    (selection) => selection.kind !== Kind.FIELD || Object.hasOwn(known, selection.name.value),
  )
}

/** @throws Error that names the route whose document the schema does not answer. */
export function assertDocument(schema: GraphQLSchema, document: DocumentNode, route: string): void {
  const [error] = validate(schema, document)
  if (error) throw new Error(`The document of ${route} does not fit the schema: ${error.message}`)
}

interface Conditional {
  readonly directives?: readonly DirectiveNode[]
}

const isMark = ({ name }: DirectiveNode) => name.value === 'ifKnown'
const isConditional = ({ directives = [] }: Conditional) => directives.some(isMark)
const unmarked = <Node extends Conditional>(node: Node): Node => ({
  ...node,
  directives: node.directives?.filter((directive) => !isMark(directive)) ?? [],
})

function leaveOutUnknown(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const variables = operationOf(document)?.variableDefinitions ?? []
  const optional = new Set(variables.filter(isConditional).map(nameOf))
  const taken = new Set<string>()
  const types = new TypeInfo(schema)

  const known: DocumentNode = visit(
    document,
    visitWithTypeInfo(types, {
      Field(node) {
        if (!isConditional(node)) return undefined
        return types.getFieldDef() ? unmarked(node) : null
      },
      InlineFragment(node) {
        if (!isConditional(node)) return undefined
        return node.typeCondition && schema.getType(node.typeCondition.name.value) ? unmarked(node) : null
      },
      Argument({ value }) {
        if (value.kind !== Kind.VARIABLE || !optional.has(value.name.value)) return undefined
        if (!types.getArgument()) return null
        taken.add(value.name.value)
        return undefined
      },
    }),
  )
  return visit(known, {
    VariableDefinition(node) {
      if (!isConditional(node)) return undefined
      return taken.has(nameOf(node)) ? unmarked(node) : null
    },
  })
}

function nameOf({ variable }: VariableDefinitionNode): string {
  return variable.name.value
}
