import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CodegenConfig } from '@graphql-codegen/cli'

/** The fragments of the ledger's objects, which an app's own REST routes use. */
const restFragments = 'packages/rest/src/documents/fragments.graphql'

/**
 * Typed documents for every .graphql file, each checked against the schema of the graph it is sent to: those of
 * packages/client and packages/rest against all that the ledger can give to a graph, an app's against that app's own schema.
 * `npm run generate` writes them, `npm run check:generated` fails when one is out of date.
 */
const config: CodegenConfig = {
  // Quiet but for errors; errorsOnly would still print each step.
  silent: true,
  hooks: { onError: (message: string) => console.error(message) },
  generates: {
    'packages/client/src/generated/documents.ts': typedDocuments('packages/plugin-ledger', [
      'packages/client/src/documents/*.graphql',
    ]),
    'packages/rest/src/generated/documents.ts': inProcess(
      typedDocuments('packages/plugin-ledger', ['packages/rest/src/documents/*.graphql']),
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

/** What one generated file is made of. The scalars' types are what JSON carries. */
function typedDocuments(graph: string, documents: string[]) {
  return {
    schema: `${graph}/schema.graphql`,
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

/** Documents that are run in the graph's own process, where a moment is a Date: it becomes text in JSON alone. */
function inProcess({ config, ...documents }: ReturnType<typeof typedDocuments>) {
  return { ...documents, config: { ...config, scalars: { ...config.scalars, DateTime: 'Date' } } }
}

/** The apps that have a printed schema and .graphql files in a folder. */
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
