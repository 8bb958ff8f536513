import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, inject } from 'vitest'
import { timestampAfter } from '../../packages/postgres/src/migrations/timestamp.ts'
import { printJson, withoutChance } from './answers.ts'
import { environment, type Run, runCommand } from './command.ts'
import { runRequest } from './curl.ts'
import { type Block, blocksOf } from './markdown.ts'
import { copyProject, type ProjectCopy } from './project-copy.ts'

/** The state while the steps of a document are followed. */
interface Walk {
  readonly project: ProjectCopy
  readonly databaseUrl: string
  /** The address of the server that the document started. */
  url: string
  server: ChildProcess | undefined
  /** How the last command ended. */
  run: Run
}

/** A document's own tests run on this test run's server: starting another takes time. */
const testServer = { TEST_POSTGRES_URL: inject('postgres').url }

/**
 * Follows a document's steps in a copy of the project, on a database: writes its files, runs its commands, compares the
 * output.
 */
export async function follow(document: string, databaseUrl: string): Promise<void> {
  const project = copyProject()
  const walk: Walk = { project, databaseUrl, url: '', server: undefined, run: { exitCode: 0, output: '' } }
  try {
    for (const block of blocksOf(document)) await step(walk, block)
  } finally {
    await stopServer(walk)
    project.remove()
  }
}

async function step(walk: Walk, block: Block): Promise<void> {
  const { info, language, text, place } = block
  if (language === 'diff') return applyDiff(walk, block)
  if (info.file) return walk.project.write(info.file, `${text}\n`)
  if (info.new) return writeMigration(walk, info.new, text)
  if (info.shows) return expect.soft(readShown(walk, info.shows), place).toBe(text)
  if (info.written) return expect.soft(readWritten(walk, info.written), place).toBe(text)
  if (language === 'sh') return runLines(walk, block)
  if (language === 'text') return expectOutput(walk.run, block)
  if (language === 'json')
    expect.soft(withoutChance(JSON.parse(text)), place).toEqual(withoutChance(JSON.parse(walk.run.output)))
  else if (language !== 'ts' && language !== 'mermaid')
    throw new Error(`${place}: a step that no test can follow`)
}

/** Replaces the old lines by the new ones. A diff without old lines is added to the end of the file. */
function applyDiff({ project }: Walk, { info, text, place }: Block): void {
  const file = info.file ?? ''
  const part = (marks: string) =>
    text
      .split('\n')
      .filter((line) => line === '' || marks.includes(line[0] ?? ''))
      .map((line) => `${line.slice(1)}\n`)
      .join('')
  const before = readFileSync(path.join(project.root, file), 'utf8')
  const old = part(' -')
  if (old.trim() === '') {
    project.write(file, `${before}\n${part('+')}`)
    return
  }
  expect(before.split(old), `${place}: the lines that it changes`).toHaveLength(2)
  project.write(
    file,
    before.replace(old, () => part(' +')),
  )
}

/** Writes a migration by hand, such as `content/share_gems`, after the last one of its app. */
function writeMigration({ project }: Walk, migration: string, text: string): void {
  const [app = '', name] = migration.split('/')
  const folder = path.join('apps', app, 'prisma', 'migrations')
  const last = readdirSync(path.join(project.root, folder))
    .filter((file) => /^\d/.test(file))
    .sort()
    .at(-1)
  project.write(
    path.join(folder, `${timestampAfter(last, new Date())}_${name}`, 'migration.sql'),
    `${text}\n`,
  )
}

/** A file of the project, as it is by now. */
function readShown({ project }: Walk, file: string): string {
  return readFileSync(path.join(project.root, file), 'utf8').trimEnd()
}

/** Returns a migration that a command wrote, such as `content/add_boost`. */
function readWritten(walk: Walk, migration: string): string {
  const [app = '', name] = migration.split('/')
  const folder = path.join('apps', app, 'prisma', 'migrations')
  const written = readdirSync(path.join(walk.project.root, folder)).find((file) => file.endsWith(`_${name}`))
  return readShown(walk, path.join(folder, written ?? migration, 'migration.sql'))
}

async function runLines(walk: Walk, { info, text, place }: Block): Promise<void> {
  if (text.startsWith('curl ')) {
    const { body } = await runRequest(text, () => walk.url)
    walk.run = { exitCode: 0, output: printJson(JSON.parse(body)) }
    return
  }
  const { project, databaseUrl } = walk
  for (const line of text.split('\n')) {
    // Nothing new has to be installed. npm would only link the app and run `prepare`.
    const install = /^npm install/.test(line)
    if (install) for (const app of newApps(project)) project.link(app)
    const command = install ? 'npm run prepare' : line
    if (/^npx shared-ledger start/.test(command)) await startServer(walk, command)
    else walk.run = await runCommand(command, project.root, { DATABASE_URL: databaseUrl, ...testServer })
    expect(walk.run.exitCode, `${place}: ${line}\n${walk.run.output}`).toBe(info.fails ? 1 : 0)
  }
}

function newApps({ root }: ProjectCopy): string[] {
  return readdirSync(path.join(root, 'apps')).filter(
    (app) => !existsSync(path.join(root, 'node_modules', app)),
  )
}

/** Expects every line of the document in the output, except for times and ports. `…` stands for any text. */
function expectOutput({ output }: Run, { text, place }: Block): void {
  const comparable = (line: string) =>
    line.replace(/\d{14}/g, '(time)').replace(/127\.0\.0\.1:\d+/, '(address)')
  const lines = output.split('\n').map(comparable)
  for (const line of text.split('\n').map(comparable)) {
    const parts = line.split('…').map((part) => part.trim())
    expect
      .soft(
        lines.some((printed) => parts.every((part) => printed.includes(part))),
        `${place}: ${line}\n${output}`,
      )
      .toBe(true)
  }
}

/** Starts the document's server on any free port, in place of the one before, and waits for its address. */
async function startServer(walk: Walk, command: string): Promise<void> {
  await stopServer(walk)
  const server = spawn('sh', ['-c', `exec ${command}`], {
    cwd: walk.project.root,
    env: environment({ DATABASE_URL: walk.databaseUrl, PORT: '0' }),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  walk.server = server
  let output = ''
  for await (const chunk of server.stdout.iterator({ destroyOnReturn: false })) {
    output += chunk
    const url = /^ +\w+ +(http:\S+)$/m.exec(output)?.[1]
    if (url === undefined) continue
    walk.url = url
    break
  }
  server.stdout.resume()
  walk.run = { exitCode: walk.url === '' ? 1 : 0, output }
}

/** Stops the server as Ctrl+C does: the signal goes to everything that the command started. */
async function stopServer({ server }: Walk): Promise<void> {
  if (server?.pid === undefined || server.exitCode !== null) return
  const closed = once(server, 'close')
  process.kill(-server.pid, 'SIGINT')
  await closed
}
