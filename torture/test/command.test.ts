import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../../docs/test/command.ts'
import { childrenOf } from '../servers/processes.ts'

const root = path.join(import.meta.dirname, '..', '..')

/** Makes a folder for the files of a run, so that the test sees what it leaves, and nothing of other runs. */
function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'torture-test-'))
  chmodSync(folder, 0o755) // PostgreSQL's user must be able to enter, even when we are root
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const leftIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('shared-ledger-'))

const source = ['--conditions=@shared-ledger/source', '--import', 'tsx']

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

// How soon service is back depends on the machine. The time limit only catches a hang.
test('20 s of faults lose nothing, double nothing, and leave nothing behind', {
  timeout: 1_200_000,
}, async () => {
  const TMPDIR = temporaryFolder()
  const run = 'npm run torture -- --seconds 20 --seed 20261129 --recovery-seconds 180'
  const { exitCode, output } = await runCommand(run, root, { TMPDIR })
  expect(exitCode, output).toBe(0)
  expect(output).toContain('violations: 0')
  expect(output).toContain(' 0 unresolved')
  expect(output).toMatch(/\| all(?: \| \d+)+ \|/)
  const [, acknowledged] = /postings: (\d+) acknowledged/.exec(output) ?? []
  expect(Number(acknowledged)).toBeGreaterThan(0)
  expect(leftIn(TMPDIR)).toEqual([])
})

test('a run that is stopped leaves neither processes nor folders', async () => {
  const TMPDIR = temporaryFolder()
  const child = spawn(process.execPath, [...source, 'torture/main.ts', '--seconds', '600', '--seed', '1'], {
    cwd: root,
    env: { ...process.env, TMPDIR },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const ended = once(child, 'exit')
  const pids: number[] = []
  try {
    await expect.poll(() => output, { timeout: 240_000 }).toContain('round 1:')
    pids.push(...childrenOf(child.pid ?? 0))
    expect(pids.length).toBeGreaterThan(5) // PostgreSQL, four servers, and their watchers
  } finally {
    child.kill('SIGINT')
  }
  expect(await ended).toEqual([1, null])
  expect(output).toContain('Stopped before its end')
  expect(leftIn(TMPDIR)).toEqual([])
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
})

test('--help lists the options, and wrong options are refused', async () => {
  const help = await runCommand('npm run torture -- --help', root)
  expect(help.exitCode).toBe(0)
  expect(help.output).toContain('--recovery-seconds')
  expect(help.output).toContain('--cluster')
  const refused = await runCommand('npm run torture -- --seed x', root)
  expect(refused.exitCode).toBe(1)
  expect(refused.output).toContain('--seed must be a whole number')
  expect(refused.output).toContain('npm run torture [--')
})

test('a cluster needs the programs of a PostgreSQL with Citus', async () => {
  const { exitCode, output } = await runCommand('npm run torture -- --cluster 2', root, { CLUSTER_BIN: '' })
  expect(exitCode).toBe(1)
  expect(output).toContain('CLUSTER_BIN must be set: the folder of')
})
