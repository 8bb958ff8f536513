import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CodegenConfig } from '@graphql-codegen/cli'

/**
 * Typed documents for every .graphql file, each checked against the schema of the graph it is sent to:
 * packages/client against all that the ledger can give to a graph, an app's documents against that app's own schema.
 * `npm run generate` writes them, `npm run check:generated` fails when one is out of date.
 */
const config: CodegenConfig = {
  // Quiet but for errors; errorsOnly would still print each step.
  silent: true,
  hooks: { onError: (message: string) => console.error(message) },
  generates: {
    'packages/client/src/generated/documents.ts': typedDocuments(
      'packages/plugin-ledger/schema.graphql',
      'packages/client/src/documents',
    ),
    ...Object.fromEntries(
      appsWithDocuments().map((app) => [
        `${app}/test/generated/documents.ts`,
        typedDocuments(`${app}/schema.graphql`, `${app}/test/documents`),
      ]),
    ),
  },
}

export default config

/** What one generated file is made of. The scalars' types are what JSON carries. */
function typedDocuments(schema: string, documents: string): CodegenConfig['generates'][string] {
  return {
    schema,
    documents: `${documents}/*.graphql`,
    plugins: ['typescript-operations', 'typed-document-node'],
    config: {
      scalars: {
        DateTime: 'string',
        ID: 'string',
        LedgerMetadata: 'Record<string, string>',
        SafeInt: 'number',
      },
      strictScalars: true,
      skipTypename: true,
      immutableTypes: true,
      arrayInputCoercion: false,
      useTypeImports: true,
      dedupeFragments: true,
    },
  }
}

/** The folders of the apps that have a printed schema and test/documents/*.graphql. */
function appsWithDocuments(): string[] {
  if (!existsSync('apps')) return []
  return readdirSync('apps')
    .sort()
    .map((name) => join('apps', name))
    .filter((app) => existsSync(join(app, 'schema.graphql')) && hasDocuments(join(app, 'test/documents')))
}

function hasDocuments(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.graphql'))
}
