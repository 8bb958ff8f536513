import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from './markdown.ts'

/** A copy of the whole project in a temporary folder, which a test may change. */
export interface ProjectCopy {
  readonly root: string
  /** Writes a file, and makes the folders above it. */
  write(file: string, text: string): void
  /** Adds a new app to the workspace, as `npm install` does. */
  link(app: string): void
  remove(): void
}

const leftOut = new Set(['.git', '.data', '.env', 'node_modules', 'dist', 'coverage'])
/** What `npm ci` has built, and the servers serve. */
const builtConsole = path.join(root, 'packages/console/dist')

/** Copies the project. Its packages are linked to the copy, and all others to the project's node_modules. */
export function copyProject(): ProjectCopy {
  const copy = mkdtempSync(path.join(tmpdir(), 'shared-ledger-docs-'))
  const isTaken = (file: string) => file === builtConsole || !leftOut.has(path.basename(file))
  cpSync(root, copy, { recursive: true, filter: isTaken })

  const modules = path.join(copy, 'node_modules')
  const installed = path.join(root, 'node_modules')
  const link = (name: string, target: string) => symlinkSync(target, path.join(modules, name))
  const workspaces = new Map(
    ['packages', 'apps'].flatMap((parent) =>
      readdirSync(path.join(copy, parent)).map((name) => nameAndFolder(path.join(copy, parent, name))),
    ),
  )
  mkdirSync(path.join(modules, '@shared-ledger'), { recursive: true })
  for (const name of readdirSync(installed)) {
    if (name === '@shared-ledger' || name.startsWith('.') || workspaces.has(name)) continue
    link(name, path.join(installed, name))
  }
  mkdirSync(path.join(modules, '.bin'))
  for (const name of readdirSync(path.join(installed, '.bin'))) {
    if (name !== 'shared-ledger') link(`.bin/${name}`, path.join(installed, '.bin', name))
  }
  link('.bin/shared-ledger', path.join(copy, 'packages/cli/bin/shared-ledger.mjs'))
  for (const [name, folder] of workspaces) link(name, folder)

  return {
    root: copy,
    write(file, text) {
      mkdirSync(path.dirname(path.join(copy, file)), { recursive: true })
      writeFileSync(path.join(copy, file), text)
    },
    link: (app) => link(app, path.join(copy, 'apps', app)),
    remove: () => rmSync(copy, { recursive: true, force: true }),
  }
}

function nameAndFolder(folder: string): readonly [name: string, folder: string] {
  const { name }: { name: string } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  return [name, folder]
}
