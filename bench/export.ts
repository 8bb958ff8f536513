import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findRoot } from '@shared-ledger/postgres'
import { withContentApp } from './content-app.ts'

// `npm run bench:export -- --entries 1000000` exports so many entries of the content app, and prints how long it takes and
// how much memory the command has every ten seconds. It reads /proc, so it runs on Linux.
const { values } = parseArgs({ options: { entries: { type: 'string', default: '1000000' } } })
const owners = 10
const perOwner = Math.ceil(Number(values.entries) / owners)
const root = findRoot(import.meta.dirname)

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'shared-ledger-export-'))
  const entries = Array.from({ length: owners }, (_, at) => [`owner ${at}`, perOwner] as const)
  try {
    await withContentApp(Object.fromEntries(entries), (url) =>
      exportAll(url, path.join(folder, 'entries.jsonl')),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function exportAll(url: string, out: string): Promise<void> {
  const startedAt = performance.now()
  const bin = path.join(root, 'packages/cli/bin/shared-ledger.mjs')
  const command = spawn(process.execPath, [bin, 'export', '--out', out, '--json'], {
    env: { ...process.env, SHARED_LEDGER_URL: url },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const sampling = setInterval(() => {
    const memory = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${command.pid}/status`, 'utf8'))?.[1]
    const entries = /"entries":(\d+)/.exec(readFileSync(`${out}.part.json`, 'utf8'))?.[1]
    console.log(`${seconds(startedAt)} s: ${entries} entries, ${Math.round(Number(memory) / 1024)} MiB`)
  }, 10_000)
  try {
    const code = await new Promise((resolve, reject) => command.on('error', reject).on('close', resolve))
    console.log(`${seconds(startedAt)} s: exit code ${code}`)
  } finally {
    clearInterval(sampling)
  }
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 1_000)
}

await main()
