import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import {
  buildSchema,
  concatAST,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  lexicographicSortSchema,
  NoUnusedFragmentsRule,
  parse,
  printSchema,
  Source,
  specifiedRules,
  validate,
} from 'graphql'
import type { GeneratedFile } from './generated-files.ts'

/** A folder whose `documents/*.graphql` become its `generated/documents.ts`. */
export interface DocumentsFolder {
  readonly root: string
  /** Its path from the root. */
  readonly folder: string
  /** The graph that the documents are sent to, in SDL. */
  readonly graph: string
  /**
   * Whether the documents run in the graph's own process, which is so for REST routes. A DateTime is then a Date and not
   * a string, and the documents may use the fragments of `@shared-ledger/rest`.
   */
  readonly inProcess: boolean
  /** Whether a scalar that has no type here is refused. If not, its type is `unknown`. */
  readonly strictScalars: boolean
}

/** The fragments of the ledger's objects, which an app's own REST routes use. */
const restFragments = createRequire(import.meta.url).resolve('@shared-ledger/rest/fragments.graphql')

/** The first line of each file of typed documents. It tells our files from those of other generators. */
const heading = '// Generated from ../documents. Change the documents, not this file.\n'

/**
 * Returns the file with the typed documents of a folder. For a folder without documents, it is the file of earlier ones,
 * to be removed.
 *
 * @throws Error with a line for each part of a document that does not fit the graph: its file, place, and what is wrong
 */
export async function typedDocuments(given: DocumentsFolder): Promise<GeneratedFile[]> {
  const { root, folder, graph, inProcess, strictScalars } = given
  const own = documentsIn(path.join(root, folder, 'documents'))
  const file = path.join(folder, 'generated/documents.ts')
  if (own.length === 0) return isOurs(path.join(root, file)) ? [{ file, text: undefined }] : []
  const schema = lexicographicSortSchema(buildSchema(graph))
  const files = new Set([...own, ...(inProcess ? [restFragments] : [])])
  const documents = [...files].map((file) => ({
    location: file,
    document: readDocument(new Source(readFileSync(file, 'utf8'), path.relative(root, file))),
  }))
  checkDocuments(
    schema,
    documents.map(({ document }) => document),
  )
  const text = await codegen({
    filename: file,
    schema: parse(printSchema(schema)),
    schemaAst: schema,
    documents,
    plugins: [{ 'typescript-operations': {} }, { 'typed-document-node': {} }],
    pluginMap: { 'typescript-operations': typescriptOperations, 'typed-document-node': typedDocumentNode },
    config: {
      scalars: {
        DateTime: inProcess ? 'Date' : 'string',
        ID: 'string',
        LedgerMetadata: 'Record<string, string>',
        SafeInt: 'number',
      },
      strictScalars,
      defaultScalarType: 'unknown',
      skipTypename: true,
      immutableTypes: true,
      arrayInputCoercion: false,
      useTypeImports: true,
      dedupeFragments: true,
    },
  })
  return [{ file, text: `${heading}${text}` }]
}

function isOurs(file: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').startsWith(heading)
}

function documentsIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .sort()
    .map((file) => path.join(folder, file))
}

function readDocument(source: Source): DocumentNode {
  try {
    return parse(source)
  } catch (error) {
    throw error instanceof GraphQLError ? new Error(placed(error), { cause: error }) : error
  }
}

/** An app uses some of the fragments of REST. */
const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule)

function checkDocuments(schema: GraphQLSchema, documents: readonly DocumentNode[]): void {
  const errors = validate(schema, concatAST(documents), rules)
  if (errors.length > 0) throw new Error(errors.map(placed).join('\n'))
}

function placed({ source, locations: [at] = [], message }: GraphQLError): string {
  return `${source?.name}:${at?.line}:${at?.column}: ${message}`
}
