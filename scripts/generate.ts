import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { printSchema } from 'graphql'
import { settleFiles } from '../packages/cli/src/generated-files.ts'
import { typedDocuments } from '../packages/cli/src/typed-documents.ts'
import { contractSchema, fullSchema } from './contract-schema.ts'

const root = join(import.meta.dirname, '..')
const templates = 'packages/cli/templates'

/** Everything that the ledger can add to a graph. */
const full = `${printSchema(fullSchema())}\n`
const withPurchases = full + readFileSync(join(root, templates, 'purchases.graphql'), 'utf8')

// `tsx scripts/generate.ts` writes the generated files of the packages. With `--check` it fails when one is out of date.
// `shared-ledger documents` does the same for the apps.
const files = [
  { file: 'schema.graphql', text: `${printSchema(contractSchema())}\n` },
  { file: 'packages/plugin-ledger/schema.graphql', text: full },
  ...(await typedDocuments({ root, folder: 'packages/client/src', graph: full, inProcess: false })),
  ...(await typedDocuments({ root, folder: 'packages/rest/src', graph: full, inProcess: true })),
  ...(await typedDocuments({ root, folder: `${templates}/app/src`, graph: withPurchases, inProcess: true })),
]
process.exitCode = settleFiles(root, files, {
  check: process.argv.includes('--check'),
  command: 'npm run generate',
})
