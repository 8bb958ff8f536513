import { type DocumentNode, type GraphQLSchema, Kind, parse, validate, visit } from 'graphql'
import { ledgerFragments } from './fragments.ts'

const fragments = new Map(
  parse(ledgerFragments).definitions.flatMap((definition) =>
    definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
  ),
)

/** A document with those of the ledger's fragments that it uses. @throws GraphQLError where it does not parse. */
export function parseDocument(source: string): DocumentNode {
  const document = parse(source)
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
  collect(document)
  const added = [...used].flatMap((name) => fragments.get(name) ?? [])
  return { ...document, definitions: [...document.definitions, ...added] }
}

/** The name of a document's operation, for the log. */
export function operationName(document: DocumentNode): string | undefined {
  return document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)?.name?.value
}

/** @throws Error that names the route whose document the schema does not answer. */
export function assertDocument(schema: GraphQLSchema, document: DocumentNode, route: string): void {
  const [error] = validate(schema, document)
  if (error) throw new Error(`The document of ${route} does not fit the schema: ${error.message}`)
}
