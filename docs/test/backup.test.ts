import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { runCommand } from './command.ts'
import { blocksOf } from './markdown.ts'
import { copyProject, type ProjectCopy } from './project-copy.ts'
import { type StartedProject, startProject } from './started-project.ts'

const backup = mkdtempSync(path.join(tmpdir(), 'shared-ledger-backup-'))
const projects: ProjectCopy[] = []
const started: StartedProject[] = []
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
})
afterAll(() => {
  for (const project of projects) project.remove()
  rmSync(backup, { recursive: true, force: true })
})

function newProject(): ProjectCopy {
  const project = copyProject()
  chmodSync(project.root, 0o755) // PostgreSQL's user must be able to enter, even when we are root
  projects.push(project)
  return project
}

async function start(project: ProjectCopy): Promise<StartedProject> {
  const server = await startProject(project, 'content')
  started.push(server)
  return server
}

/** Runs a step of the document in a project. A folder of this test replaces its /backup. */
async function run(project: ProjectCopy, step: string) {
  const block = blocksOf('docs/operating.md').find(({ info }) => info.step === step)
  if (!block) throw new Error(`docs/operating.md has no step ${step}`)
  return runCommand(`set -e\n${block.text.replaceAll('/backup', backup)}`, project.root)
}

test('the embedded database is backed up, restored elsewhere as docs/operating.md says, verified, and goes on posting', async () => {
  const first = newProject()
  const server = await start(first)
  const post = (to: StartedProject, nonce: string) =>
    to.send('/ledger', { owner_id: 'ann', operation: 'CREDIT_ADD', amount: 10, nonce })
  expect(await post(server, 'one')).toMatchObject({ status: 200, json: { entry: { id: 1 } } })
  expect(await post(server, 'two')).toMatchObject({ status: 200, json: { balance: 20 } })
  const content = { owner_id: 'ann', title: 'Kept', body: 'with the entry that paid for it', nonce: 'three' }
  expect(await server.send('/content', content)).toMatchObject({ status: 201 })

  const copied = path.join(backup, 'shared-ledger')
  expect(await run(first, 'backup')).toMatchObject({ exitCode: 1 }) // it refuses while the database runs
  expect(existsSync(copied)).toBe(false)
  await server.stop()
  expect(await run(first, 'backup')).toEqual({ exitCode: 0, output: '' })
  expect(await post(await start(first), 'after the backup')).toMatchObject({ json: { balance: 25 } })

  const second = newProject()
  const restored = await run(second, 'restore')
  expect(restored.exitCode, restored.output).toBe(0)
  expect(restored.output).toMatch(/^content: 1 accounts, 3 entries, 0 holds\. All \d+ checks passed\.$/m)

  const again = await start(second)
  expect(await again.send('/balance/ann')).toMatchObject({ json: { balance: 15 } })
  expect(await again.send('/content', content)).toMatchObject({ status: 201 }) // the same answer, and it was charged once
  expect(await post(again, 'one')).toMatchObject({
    status: 409,
    json: { code: 'DUPLICATE_NONCE', entry: { id: 1 } },
  })
  expect(await post(again, 'four')).toMatchObject({ status: 200, json: { entry: { balance_after: 25 } } })
  await again.stop()
  const { output } = await runCommand('npx shared-ledger verify', second.root)
  expect(output).toMatch(/^content: 1 accounts, 4 entries, 0 holds\. All \d+ checks passed\.$/m)
})
