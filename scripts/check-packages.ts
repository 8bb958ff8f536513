import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = join(import.meta.dirname, '..')

/** `tsx scripts/check-packages.ts` says whether the built packages can be published: publint, and an import of each by Node alone. */
async function main(): Promise<void> {
  for (const folder of readdirSync(join(root, 'packages')).sort()) {
    const pkgDir = join(root, 'packages', folder)
    const manifest = JSON.parse(readFileSync(join(pkgDir, 'package.json'), 'utf8'))
    if (manifest.private) continue
    const { messages } = await publint({ pkgDir, strict: true })
    for (const message of messages)
      fail(`${manifest.name}: ${formatMessage(message, manifest) ?? message.code}`)
    try {
      execFileSync(process.execPath, ['--input-type=module', '-e', `await import('${manifest.name}')`], {
        cwd: root,
      })
    } catch {
      fail(`${manifest.name}: its build cannot be imported`)
    }
  }
}

function fail(problem: string): void {
  console.error(problem)
  process.exitCode = 1
}

await main()
