import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { undeclaredImports } from './undeclared-imports.ts'

const root = join(import.meta.dirname, '..')

/** Entries that Node never imports by itself: Vitest and Prisma load two of them from TypeScript, a command reads one. */
const loadedByOthers = ['./testing', './prisma-config', './fragments.graphql']

/**
 * `tsx scripts/check-packages.ts` checks whether the built packages can be published: with publint, and by importing
 * each with Node.
 */
async function main(): Promise<void> {
  for (const folder of readdirSync(join(root, 'packages')).sort()) {
    const pkgDir = join(root, 'packages', folder)
    const manifest = JSON.parse(readFileSync(join(pkgDir, 'package.json'), 'utf8'))
    if (manifest.private) continue
    const { messages } = await publint({ pkgDir, strict: true })
    for (const message of messages)
      fail(`${manifest.name}: ${formatMessage(message, manifest) ?? message.code}`)
    for (const name of undeclaredImports(pkgDir, manifest, root))
      fail(`${manifest.name} imports ${name}, which its package.json does not name.`)
    for (const entry of Object.keys(manifest.exports ?? {})) {
      if (!loadedByOthers.includes(entry)) importByNode(`${manifest.name}${entry.slice(1)}`)
    }
  }
}

function importByNode(specifier: string): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', `await import('${specifier}')`],
    { cwd: root, encoding: 'utf8' },
  )
  if (status !== 0) fail(`${specifier} cannot be imported from its build:\n${stderr}`)
}

function fail(problem: string): void {
  console.error(problem)
  process.exitCode = 1
}

await main()
