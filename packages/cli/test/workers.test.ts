import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTestDatabase, type ProjectCopy } from '@shared-ledger/postgres/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Command, command, stopAll } from './support/command.ts'
import { copyStartableProject } from './support/project.ts'

const database = await createTestDatabase()
let project: ProjectCopy
const commands: Command[] = []

beforeAll(() => {
  project = copyStartableProject()
})
afterEach(() => stopAll(commands))
afterAll(async () => {
  project.remove()
  await database.drop()
})

/** Starts the app content with two workers, and waits until both are ready. */
async function startWorkers(): Promise<Command> {
  const env = { DATABASE_URL: database.url }
  const started = command('start', project.root, ['content', '--workers', '2'], { env })
  commands.push(started)
  await started.line(/^ {2}content/)
  return started
}

/** Returns the process ids of the workers so far, the oldest first. */
const pidsOf = ({ lines }: Command) =>
  lines.flatMap((line) => /^content (\d+) given/.exec(line)?.[1] ?? []).map(Number)

const primaryOf = ({ lines }: Command) =>
  Number(/^content is ready, started by (\d+)$/m.exec(lines.join('\n'))?.[1])

const countOf = ({ lines }: Command, start: string) => lines.filter((line) => line.startsWith(start)).length

const untilReady = (started: Command, count: number) =>
  expect.poll(() => countOf(started, 'content is ready')).toBe(count)

test('a worker that ends by itself is replaced, however it ended, and the new one ends with the others', async () => {
  const started = await startWorkers()
  const [first = 0, second = 0] = pidsOf(started)
  process.kill(first, 'SIGKILL')
  await started.line(/^A worker of content ended \(SIGKILL\)\. Starting another …$/)
  await untilReady(started, 3)
  process.kill(second, 'SIGTERM')
  await started.line(/^A worker of content ended \(exit code 0\)\. Starting another …$/)
  await untilReady(started, 4)
  expect(new Set(pidsOf(started)).size).toBe(4)

  started.process.kill('SIGTERM')
  expect(await started.ended).toBe(0)
  expect(countOf(started, 'content ended by SIGTERM')).toBe(3) // one that the test ended, and the two that were left
  expect(countOf(started, '  content')).toBe(1)
})

test('workers that end again and again are not replaced for ever', async () => {
  const started = await startWorkers()
  for (let ended = 0; ended < 6; ended++) {
    await untilReady(started, 2 + ended)
    process.kill(Number(pidsOf(started).at(-1)), 'SIGKILL')
  }
  expect(await started.ended).toBe(1)
  expect(started.lines).toContain(
    'A worker of content ended (SIGKILL). It is the 6th in a row that served for less than a minute.',
  )
  expect(started.lines.at(-1)).toBe('The server of content ended (exit code 1).')
  expect(pidsOf(started)).toHaveLength(7) // two at first, and five replacements
  expect(countOf(started, 'content ended by SIGTERM')).toBe(1)
})

test('a new worker that cannot start ends all', async () => {
  const started = await startWorkers()
  const server = path.join(project.root, 'apps', 'content', 'src', 'server.ts')
  const before = readFileSync(server)
  writeFileSync(server, "console.log('No start today.')\nprocess.exit(1)\n")
  try {
    process.kill(Number(pidsOf(started)[0]), 'SIGKILL')
    expect(await started.ended).toBe(1)
  } finally {
    writeFileSync(server, before)
  }
  expect(countOf(started, 'No start today.')).toBe(1)
  expect(countOf(started, 'content ended by SIGTERM')).toBe(1)
  expect(started.lines.at(-1)).toBe('The server of content ended (exit code 1).')
})

test('workers whose primary is killed with -9 end by themselves, and the start ends with an error', async () => {
  const started = await startWorkers()
  process.kill(primaryOf(started), 'SIGKILL')
  expect(await started.ended).toBe(1)
  expect(started.lines).toContain('The server of content ended (SIGKILL).')
  expect(countOf(started, 'content ended by disconnect')).toBe(2)
})

test('a primary whose npm start is gone before it has begun starts nothing', async () => {
  const primary = fork(
    fileURLToPath(new URL('../src/primary.ts', import.meta.url)),
    ['content', 'none.ts', '2'],
    {
      execArgv: ['--conditions=@shared-ledger/source', '--import', 'tsx'],
    },
  )
  primary.disconnect()
  expect(await once(primary, 'exit')).toEqual([0, null])
})
