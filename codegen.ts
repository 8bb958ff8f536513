import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CodegenConfig } from '@graphql-codegen/cli'

/** The fragments of the ledger's objects, which an app's own REST routes use. */
const restFragments = 'packages/rest/src/documents/fragments.graphql'

/** The folder of the app that `npx shared-ledger new-app` copies. */
const template = 'packages/cli/templates'

/**
 * Generates typed documents for every .graphql file, and checks each against a schema. The documents of packages/client
 * and packages/rest are checked against everything that the ledger can add to a graph. An app's documents are checked
 * against the app's schema. `npm run generate` writes them. `npm run check:generated` fails when one is out of date.
 */
const config: CodegenConfig = {
  // Only errors are printed. `errorsOnly` would still print each step.
  silent: true,
  hooks: { onError: (message: string) => console.error(message) },
  generates: {
    'packages/client/src/generated/documents.ts': typedDocuments('packages/plugin-ledger', [
      'packages/client/src/documents/*.graphql',
    ]),
    'packages/rest/src/generated/documents.ts': inProcess(
      typedDocuments('packages/plugin-ledger', ['packages/rest/src/documents/*.graphql']),
    ),
    [`${template}/app/src/generated/documents.ts`]: inProcess(
      typedDocuments(
        'packages/plugin-ledger',
        [`${template}/app/src/documents/*.graphql`, restFragments],
        [`${template}/purchases.graphql`],
      ),
    ),
    ...Object.fromEntries(
      appsWith('test/documents').map((app) => [
        `${app}/test/generated/documents.ts`,
        typedDocuments(app, [`${app}/test/documents/*.graphql`]),
      ]),
    ),
    ...Object.fromEntries(
      appsWith('src/documents').map((app) => [
        `${app}/src/generated/documents.ts`,
        inProcess(typedDocuments(app, [`${app}/src/documents/*.graphql`, restFragments])),
      ]),
    ),
  },
}

export default config

/** The configuration of one generated file. The scalars have the types of JSON. */
function typedDocuments(graph: string, documents: string[], more: string[] = []) {
  return {
    schema: [`${graph}/schema.graphql`, ...more],
    documents,
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

/** Documents that run in the graph's own process, where a moment is a Date. Only JSON turns it into text. */
function inProcess({ config, ...documents }: ReturnType<typeof typedDocuments>) {
  return { ...documents, config: { ...config, scalars: { ...config.scalars, DateTime: 'Date' } } }
}

/** Returns the apps that have a printed schema and .graphql files in a folder. */
function appsWith(folder: string): string[] {
  if (!existsSync('apps')) return []
  return readdirSync('apps')
    .sort()
    .map((name) => join('apps', name))
    .filter((app) => existsSync(join(app, 'schema.graphql')) && hasDocuments(join(app, folder)))
}

function hasDocuments(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.graphql'))
}
