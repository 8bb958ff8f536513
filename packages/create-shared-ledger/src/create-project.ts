import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const template = fileURLToPath(new URL('../template', import.meta.url))

/** All packages have one version, and are released together. */
const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)

/** Files that name the project. */
const named = ['package.json', 'README.md']

/** Writes a new project into a folder that is not there, or is empty. Returns the folder. @throws Error on any other. */
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
  renameSync(path.join(project, 'gitignore'), path.join(project, '.gitignore')) // npm leaves out one of that name
  for (const file of named) {
    const text = readFileSync(path.join(project, file), 'utf8')
    writeFileSync(path.join(project, file), text.replaceAll('my-credits', name).replace('0.0.0', version))
  }
  return project
}
