import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { appsOf, findRoot } from '../project.ts'

/** A copy of the parts of this project that migrations need. A test may change it. */
export interface ProjectCopy {
  readonly root: string
  remove(): void
}

const rootFiles = ['package.json', 'tsconfig.json', 'prisma.config.ts', 'prisma']
const appFiles = ['package.json', 'prisma.config.ts', 'prisma', 'src/operations.ts']

/** Copies models, migrations and operations into a temporary folder. Its node_modules is this project's. */
export function copyProject(from: string = findRoot()): ProjectCopy {
  const root = mkdtempSync(path.join(tmpdir(), 'shared-ledger-project-'))
  chmodSync(root, 0o755) // PostgreSQL's user must be able to enter, even when we are root
  const files = [
    ...rootFiles,
    ...appsOf(from).flatMap((app) => appFiles.map((file) => path.join('apps', app, file))),
  ]
  for (const file of files) {
    if (existsSync(path.join(from, file)))
      cpSync(path.join(from, file), path.join(root, file), { recursive: true })
  }
  symlinkSync(path.join(from, 'node_modules'), path.join(root, 'node_modules'))
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) }
}
