import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runCommand } from '../../docs/test/command.ts'

/** The oldest version whose servers must work next to servers of today. */
export const oldest: { readonly version: string; readonly commit: string } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'oldest.json'), 'utf8'),
)

/** The project as it was at a commit, with its packages installed. */
export interface OldProject {
  readonly root: string
  remove(): void
}

/**
 * Takes a commit from a repository's history into a temporary folder, and installs it there. The repository is not
 * changed.
 * @throws Error when the history lacks the commit, or when it cannot be installed
 */
export async function checkOut(repository: string, commit: string): Promise<OldProject> {
  assertCommit(repository, commit)
  const root = mkdtempSync(path.join(tmpdir(), 'shared-ledger-oldest-'))
  const remove = () => rmSync(root, { recursive: true, force: true })
  try {
    const index = path.join(root, '.git-index')
    git(repository, ['read-tree', commit], { GIT_INDEX_FILE: index })
    git(repository, ['checkout-index', '--all', `--prefix=${root}/`], { GIT_INDEX_FILE: index })
    const { exitCode, output } = await runCommand('npm ci --prefer-offline', root)
    if (exitCode !== 0) throw new Error(`npm ci of ${commit} ended with ${exitCode}:\n${output}`)
    return { root, remove }
  } catch (error) {
    remove()
    throw error
  }
}

function assertCommit(repository: string, commit: string): void {
  if (tryGit(repository, ['cat-file', '-e', `${commit}^{commit}`]).status === 0) return
  const { status, stdout } = tryGit(repository, ['rev-parse', '--is-shallow-repository'])
  const wayOut =
    status !== 0
      ? 'This is no clone of the repository: clone it.'
      : stdout.trim() === 'true'
        ? 'This is a shallow clone: git fetch --unshallow'
        : `Fetch it: git fetch origin ${commit}`
  throw new Error(`The history here lacks the commit ${commit} of test/oldest/oldest.json. ${wayOut}`)
}

function git(repository: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, stderr } = tryGit(repository, args, env)
  if (status !== 0) throw new Error(`git ${args.join(' ')} ended with ${status}: ${stderr}`)
}

function tryGit(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync('git', args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8' })
}
