import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const template = fileURLToPath(new URL('../template', import.meta.url))

/** All packages have one version, and are released together. */
const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)

/** Writes a new project into a new or empty folder. Returns the folder. @throws Error when the folder is not empty. */
export function createProject(folder: string): string {
  const project = path.resolve(folder)
  const name = path.basename(project)
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    throw new Error(
      `${JSON.stringify(name)} is not the name of a package. Use lower-case letters, digits, "-", "_" and ".".`,
    )
  }
  if (existsSync(project) && readdirSync(project).length > 0) {
    throw new Error(`${folder} is not empty: nothing was written. Name a new folder.`)
  }
  mkdirSync(project, { recursive: true })
  cpSync(template, project, { recursive: true })
  renameSync(path.join(project, 'gitignore'), path.join(project, '.gitignore')) // npm does not pack a .gitignore
  rewrite(path.join(project, 'README.md'), (text) => text.replaceAll('my-credits', name))
  rewrite(path.join(project, 'package.json'), (text) => manifestOf(text, name))
  return project
}

function rewrite(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')))
}

/** Returns the project's package.json, with its name and the version of our packages. */
function manifestOf(text: string, name: string): string {
  const manifest: { readonly devDependencies: Readonly<Record<string, string>> } = JSON.parse(text)
  const devDependencies = { ...manifest.devDependencies, 'shared-ledger': version }
  return `${JSON.stringify({ ...manifest, name, devDependencies }, null, 2)}\n`
}
