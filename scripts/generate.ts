import { join } from 'node:path'
import { printSchema } from 'graphql'
import { settleFiles } from '../packages/cli/src/generated-files.ts'
import { typedDocuments } from '../packages/cli/src/typed-documents.ts'
import { contractSchema, fullSchema } from './contract-schema.ts'
import { templateFiles } from './template-app.ts'

const root = join(import.meta.dirname, '..')

/** Everything that the ledger can add to a graph. */
const full = `${printSchema(fullSchema())}\n`
const ofLedger = { root, graph: full, strictScalars: true } // a new scalar of the ledger needs a type

// `tsx scripts/generate.ts` writes the generated files of the packages. With `--check` it fails when one is out of date.
// `shared-ledger documents` does the same for the apps.
const files = [
  { file: 'schema.graphql', text: `${printSchema(contractSchema())}\n` },
  { file: 'packages/plugin-ledger/schema.graphql', text: full },
  ...(await typedDocuments({ ...ofLedger, folder: 'packages/client/src', inProcess: false })),
  ...(await typedDocuments({ ...ofLedger, folder: 'packages/console/src', inProcess: false })),
  ...(await typedDocuments({ ...ofLedger, folder: 'packages/rest/src', inProcess: true })),
  ...(await templateFiles(root)),
]
process.exitCode = settleFiles(root, files, {
  check: process.argv.includes('--check'),
  command: 'npm run generate',
})
