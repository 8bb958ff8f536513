import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from '../../docs/test/command.ts'
import { root } from '../../docs/test/markdown.ts'
import { copyProject } from '../../docs/test/project-copy.ts'

/** A package as `npm pack --json` reports it. */
export interface Packed {
  readonly name: string
  readonly version: string
  readonly filename: string
  readonly integrity: string
}

/**
 * Builds all packages, and packs the public ones into a folder. They are built in a copy of the project, because a build
 * replaces files that running servers serve.
 */
export async function packInto(folder: string): Promise<Packed[]> {
  mkdirSync(folder)
  const project = copyProject()
  try {
    await run('npm run build', project.root)
    const workspaces = publishedPackages().map((name) => `-w packages/${name}`)
    const pack = `npm pack --json --pack-destination ${folder} ${workspaces.join(' ')}`
    return JSON.parse(await run(pack, project.root))
  } finally {
    project.remove()
  }
}

/** Returns the folders of `packages/` whose package is not private. */
function publishedPackages(): string[] {
  return readdirSync(path.join(root, 'packages'))
    .filter((name) => existsSync(path.join(root, 'packages', name, 'package.json')))
    .filter((name) => !('private' in manifestIn(path.join(root, 'packages', name))))
    .sort()
}

/** Returns the package.json of a public package. */
export function manifestOf(wanted: string): object {
  const manifests = publishedPackages().map((folder) => manifestIn(path.join(root, 'packages', folder)))
  const manifest = manifests.find((each) => 'name' in each && each.name === wanted)
  if (!manifest) throw new Error(`No package is called ${wanted}.`)
  return manifest
}

/** Returns a folder's package.json. */
export function manifestIn(folder: string): object {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
}

/** Runs a command line. Returns its output. @throws Error with the output when the command fails. */
export async function run(command: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { exitCode, output } = await runCommand(command, cwd, env)
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}:\n${output}`)
  return output
}
