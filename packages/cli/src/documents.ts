import path from 'node:path'
import { appOf, chooseApps, configurationIn } from '@shared-ledger/postgres'
import { printSchema } from 'graphql'
import { appSchema } from './app-schema.ts'
import { type GeneratedFile, settleFiles } from './generated-files.ts'
import { typedDocuments } from './typed-documents.ts'

/**
 * Prints the graph of each app into its schema.graphql, and makes its documents typed.
 *
 * @throws Error when no app has a graph: a check of nothing would pass
 */
export async function documents(
  root: string,
  { positionals: names, values: { check } }: { positionals: string[]; values: { check: boolean } },
): Promise<number> {
  const apps = chooseApps(root, names.length > 0 ? names : undefined, 'schema')
  if (apps.length === 0) throw new Error(`No app has a ${configurationIn(root)?.schema}: nothing to print.`)
  const files: GeneratedFile[] = []
  for (const app of apps) files.push(...(await graphFilesOf(root, app)))
  return settleFiles(root, files, { check, command: 'npx shared-ledger documents' })
}

/**
 * Returns the files that follow from an app's graph. The app's REST routes run the documents in `src`. The documents in
 * `test` are sent over HTTP.
 */
export async function graphFilesOf(root: string, app: string): Promise<GeneratedFile[]> {
  const folder = path.relative(root, appOf(root, app).folder)
  const graph = `${printSchema(await appSchema(root, app))}\n`
  const given = { root, graph, strictScalars: false } // an app may have scalars of its own
  return [
    { file: path.join(folder, 'schema.graphql'), text: graph },
    ...(await typedDocuments({ ...given, folder: path.join(folder, 'src'), inProcess: true })),
    ...(await typedDocuments({ ...given, folder: path.join(folder, 'test'), inProcess: false })),
  ]
}
