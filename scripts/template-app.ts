import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { generateClients } from '@shared-ledger/postgres'
import { graphFilesOf } from '../packages/cli/src/documents.ts'
import type { GeneratedFile } from '../packages/cli/src/generated-files.ts'

const template = 'packages/cli/templates/app'
const app = join('apps', 'sample')

/**
 * Returns the generated files of the app that `shared-ledger new-app` copies: its graph and its typed documents. Makes
 * them in a project of its own, because a Prisma client in the template would be copied, too.
 */
export async function templateFiles(root: string): Promise<GeneratedFile[]> {
  const project = mkdtempSync(join(tmpdir(), 'shared-ledger-template-'))
  try {
    writeFileSync(join(project, 'package.json'), '{ "type": "module", "sharedLedger": {} }')
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
    cpSync(join(root, template), join(project, app), { recursive: true })
    await generateClients(project)
    const files = await graphFilesOf(project, 'sample')
    return files.map(({ file, text }) => ({ file: join(template, relative(app, file)), text }))
  } finally {
    rmSync(project, { recursive: true })
  }
}
