import { existsSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createTestDatabase, type ProjectCopy, startTemporaryPostgres } from '@shared-ledger/postgres/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Command, command, outcomeOf, printedHere, stopAll } from './support/command.ts'
import { copyStartableProject, isRunning as isRunningIn, removeProject } from './support/project.ts'

// One project that its owner starts again and again. The first test to run makes the database, and the others find it.
let project: ProjectCopy
const commands: Command[] = []

beforeAll(() => {
  project = copyStartableProject()
})
afterEach(() => stopAll(commands))
afterAll(() => removeProject(project))

function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Command {
  const started = command('start', project.root, args, { env })
  commands.push(started)
  return started
}

const pidOf = (line: string) => Number(/ (\d+) given/.exec(line)?.[1])
const databaseOf = (line: string) => /DATABASE_URL=(\S*)/.exec(line)?.[1] ?? ''
const isRunning = () => isRunningIn(project)

const oneAndTwo = [
  ['one process', []],
  ['two workers', ['--workers', '2']],
] as const

test.each(oneAndTwo)(
  'npm start brings the database, %s per app and a list of their urls, and Ctrl+C ends everything in order',
  async (_, args) => {
    const started = start(args, { PORT: '4999', HOST: '0.0.0.0' })
    await started.line(/^ {2}content {4}http:\/\/127\.0\.0\.1\/content$/)
    await started.line(/^ +http:\/\/127\.0\.0\.1\/content\/console$/)
    await started.line(/^ {2}freelance {2}http:\/\/127\.0\.0\.1\/freelance$/)
    const given = started.lines.filter((line) => / given /.test(line))
    expect(given.map((line) => line.split(' ')[0]).sort()).toEqual(
      args.length === 0 ? ['content', 'freelance'] : ['content', 'content', 'freelance', 'freelance'],
    )
    expect(new Set(given.map(pidOf)).size).toBe(given.length)
    // Each app has its own login, and none has the owner's.
    for (const line of given) {
      const [app] = line.split(' ')
      expect(databaseOf(line)).toMatch(
        new RegExp(`^postgresql://ledger_${app}:.{32}@127\\.0\\.0\\.1:\\d+/shared_ledger$`),
      )
    }
    expect(new Set(given.map(databaseOf)).size).toBe(2)
    for (const line of given) expect(line).toContain('PORT= HOST=0.0.0.0') // two apps cannot share one port
    // The list comes once, after everything in it.
    expect(started.lines.filter((line) => line.endsWith('http://127.0.0.1/content'))).toHaveLength(1)
    const announced = started.lines.findIndex((line) => line.startsWith('  content'))
    for (const line of given) expect(started.lines.indexOf(line)).toBeLessThan(announced)

    started.process.kill('SIGINT')
    started.process.kill('SIGINT') // npm passes on what the terminal has already sent
    expect(await started.ended).toBe(0) // everything that it started has ended: each process holds its stdout
    expect(started.lines.filter((line) => line.includes('ended by')).sort()).toEqual(
      given.map((line) => `${line.split(' ')[0]} ended by SIGTERM`).sort(),
    )
    expect(started.lines.at(-1)).toBe('Stopping PostgreSQL …')
    expect(isRunning()).toBe(false)
  },
)

test('one app alone gets PORT, and shares the server that another start has begun', async () => {
  const content = start(['content'], { PORT: '4999' })
  const first = await content.line(/^content \d+ given/)
  expect(first).toContain('PORT=4999')
  const freelance = start(['freelance'])
  const second = await freelance.line(/^freelance \d+ given/)
  expect(new URL(databaseOf(second)).host).toBe(new URL(databaseOf(first)).host)
  content.process.kill('SIGTERM')
  expect(await content.ended).toBe(0)
  expect(content.lines).not.toContain('Stopping PostgreSQL …')
  expect(isRunning()).toBe(true)
  freelance.process.kill('SIGTERM')
  expect(await freelance.ended).toBe(0)
  expect(isRunning()).toBe(false)
})

test.each(oneAndTwo)(
  'with %s: a server that fails takes the others with it, and its own words stand out',
  async (_, args) => {
    const started = start(args, { FAILING: 'freelance' })
    expect(await started.ended).toBe(1)
    const output = started.lines.join('\n')
    const reason = 'Port 4009 is taken.'
    expect(started.lines.filter((line) => line === reason)).toHaveLength(1)
    expect(output).toContain('The server of freelance ended (exit code 1). Stopping the others …')
    expect(output).not.toContain('http://127.0.0.1/content') // the list has only what is there
    expect(output).not.toMatch(/\n\s+at /)
    expect(isRunning()).toBe(false)
  },
)

test.each(oneAndTwo)(
  'with %s: the servers of a parent killed with -9 end by themselves, and the next start finds the database',
  async (_, args) => {
    const started = start(args)
    await started.line(/^ {2}content/)
    started.process.kill('SIGKILL')
    expect(await started.ended).toBe('SIGKILL') // so have the servers, which hold its stdout
    expect(isRunning()).toBe(true)
    const next = start()
    await next.line(/^ {2}content/)
    next.process.kill('SIGTERM')
    expect(await next.ended).toBe(0)
    expect(isRunning()).toBe(false)
  },
)

test('a server killed with -9 ends the start with an error', async () => {
  const started = start()
  const line = await started.line(/^content \d+ given/)
  await started.line(/^ {2}freelance/)
  process.kill(pidOf(line), 'SIGKILL')
  expect(await started.ended).toBe(1)
  expect(started.lines).toContain('The server of content ended (SIGKILL). Stopping the others …')
})

test('DATABASE_URL, also from .env, replaces the embedded database', async () => {
  const server = await startTemporaryPostgres({ user: 'someone', settings: { max_connections: '24' } })
  const env = path.join(project.root, '.env')
  try {
    writeFileSync(env, `DATABASE_URL=${server.url('theirs')}\n`)
    const started = start(['content'])
    expect(databaseOf(await started.line(/^content \d+ given/))).toBe(server.url('theirs'))
    await started.line(/^ {2}content/)
    expect(started.lines).toContain(
      'content: logged in as the owner of the database, who may do everything there. npx shared-ledger provision gives each app a role of its own.',
    )
    started.process.kill('SIGTERM')
    expect(await started.ended).toBe(0)
    expect(started.lines.join('\n')).not.toMatch(/(Creating|Starting|Stopping) .*(database|PostgreSQL)/)

    expect(await outcomeOf('start', project.root, ['content', '--workers', '2'])).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^2 processes open up to 22 connections, and PostgreSQL allows 21\. Start fewer workers, or raise max_connections/m,
      ),
    })
  } finally {
    rmSync(env)
    await server.remove()
  }
})

test.each([
  [
    ['contents'],
    {},
    1,
    'There is no app "contents" with an apps/contents/src/operations.ts. The apps are: content, freelance.',
  ],
  [['content', '--workers', '0'], {}, 2, '--workers must be a whole number from 1 to 16, not "0".'],
  [['--worker', '2'], {}, 2, "Unknown option '--worker'."],
  [[], { DATABASE_URL: 'localhost' }, 1, 'DATABASE_URL is not the url of a PostgreSQL database.'],
  [
    [],
    { LOG_LEVEL: 'loud', LEDGER_PG_PORT: '0' },
    1,
    /^LOG_LEVEL must be .*, not "loud"\.\nLEDGER_PG_PORT must be a whole number from 1 to 65535, not "0"\.$/,
  ],
  [
    [],
    { DATABASE_URL: 'postgresql://me:secret@127.0.0.1:9/x' },
    1,
    'No PostgreSQL answers at 127.0.0.1:9 (ECONNREFUSED).',
  ],
])('start %j with %j ends with exit code %d and a message', async (args, env, exitCode, message) => {
  const { code, output } = await outcomeOf('start', project.root, args, { env })
  expect(code).toBe(exitCode)
  expect(output).toMatch(message)
  expect(output).not.toContain('secret')
  expect(output).not.toMatch(/\n\s+at /)
})

test('a wrong password in DATABASE_URL ends with a message', async () => {
  const database = await createTestDatabase()
  const url = new URL(database.url)
  url.password = 'guess'
  const { code, output } = await outcomeOf('migrate', project.root, [], {
    env: { DATABASE_URL: url.toString() },
  })
  expect(code).toBe(1)
  expect(output).toContain('refuses the user of DATABASE_URL. Correct the user and the password')
  await database.drop()
})

test('db:reset asks, refuses what it cannot do, and empties the embedded database', async () => {
  const reset = (args: string[], env = {}) => outcomeOf('reset', project.root, args, { env })
  const answer = (key: string) => printedHere('reset', project.root, [], { keys: [key] })
  const data = path.join(project.root, '.data', 'postgres', 'data')
  const started = start(['content'])
  await started.line(/^ {2}content/)
  expect(await reset(['--yes'])).toMatchObject({ code: 1, output: expect.stringContaining('in use') })
  started.process.kill('SIGTERM')
  await started.ended

  expect(await reset([])).toMatchObject({
    code: 2,
    output: expect.stringContaining('There is no terminal to ask on.'),
  })
  for (const key of ['\r', 'n', '\u0003']) {
    expect(await answer(key)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Nothing was done.'),
    })
  }
  const elsewhere = await reset(['--yes'], { DATABASE_URL: 'postgresql://me@127.0.0.1:9/x' })
  expect(elsewhere).toMatchObject({ code: 1, output: expect.stringContaining('DATABASE_URL is set') })
  expect(existsSync(data)).toBe(true)
  expect(await answer('y')).toMatchObject({ code: 0, stdout: expect.stringContaining('is gone') })
  expect(existsSync(data)).toBe(false)
})
