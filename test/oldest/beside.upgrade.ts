import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { withConnection } from '@shared-ledger/postgres'
import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../docs/test/command.ts'
import { blocksOf, root } from '../../docs/test/markdown.ts'
import { compare } from '../../torture/audit/compare.ts'
import { playClient } from '../../torture/client.ts'
import { Journal } from '../../torture/journal.ts'
import { type App, apps } from '../../torture/requests.ts'
import { sendOpen } from '../../torture/send-open.ts'
import { faultLines } from '../../torture/servers/app-server.ts'
import { storiesWithRewards } from '../../torture/stories.ts'
import { send } from '../../torture/ways/index.ts'
import { type AppProcess, startAppProcess } from '../app-process.ts'
import { checkOut, type OldProject, oldest } from './check-out.ts'

// Follows docs/upgrading.md with servers and clients of the oldest version: clients may be upgraded at any later time.
// Meanwhile clients of every kind post all the time, by every way. They are the clients of the torture, which compares every
// answer with the ledger. From the first new server on, some clients of the content app are of today, reach new servers alone,
// and give credits that expire soon. Others reach old servers alone, which know nothing of lots, and use the same accounts.

const clientsPerApp = 4
const [newClients, oldClients] = [
  [11, 12],
  [21, 22],
]
const seed = 1

// To install the old version takes as long as the machine needs: the limit only catches a hang.
const patienceMs = 3_600_000

let old: OldProject
const database = await createEmptyDatabase()
const started: AppProcess[] = []
beforeAll(async () => {
  old = await checkOut(root, oldest.commit)
}, patienceMs)
afterAll(async () => {
  await Promise.all(started.map((server) => server.stop()))
  old?.remove()
  await database.drop()
})

/** Runs commands of a version, and returns what they print. */
async function run(project: string, commands: string): Promise<string> {
  const { exitCode, output } = await runCommand(commands, project, { DATABASE_URL: database.directUrl })
  expect(exitCode, output).toBe(0)
  return output
}

/** Runs a step of docs/upgrading.md in today's version. */
function follow(step: string): Promise<string> {
  const block = blocksOf('docs/upgrading.md').find(({ info }) => info.step === step)
  if (!block) throw new Error(`docs/upgrading.md has no step ${step}`)
  return run(root, `set -e\n${block.text}`)
}

/** Returns how clients of the old version send: with its typed client, and its GraphQL documents. */
async function oldSend(): Promise<typeof send> {
  const file = pathToFileURL(path.join(old.root, 'torture/ways/index.ts')).href
  const ways: typeof import('../../torture/ways/index.ts') = await import(file)
  return ways.send
}

/** The servers of each app that clients reach. */
type Serving = Readonly<Record<App, readonly AppProcess[]>>

async function startServers(project: string, logins: Readonly<Record<App, string>>): Promise<Serving> {
  const start = async (app: App) => {
    const env = { LEDGER_AUTH: 'none', DRAIN_SECONDS: '1', LOG_LEVEL: 'warn' }
    const server = await startAppProcess(app, logins[app], { project, workers: 1, env })
    started.push(server)
    return [server]
  }
  const [content, freelance] = await Promise.all(apps.map(start))
  return { content: content ?? [], freelance: freelance ?? [] }
}

const urlsOf = (servers: Serving, app: App) => servers[app].map(({ url }) => url)

const both = (one: Serving, other: Serving): Serving => ({
  content: [...one.content, ...other.content],
  freelance: [...one.freelance, ...other.freelance],
})

/** Returns how often clients that reach new servers alone, and those that reach old ones alone, have used lots. */
async function lotsSoFar(): Promise<Readonly<Record<string, number>>> {
  const patterns = [newClients, oldClients].map((clients) => `^content (${clients.join('|')})[.]`)
  const { rows } = await withConnection(database.directUrl, (connection) =>
    connection.query(lotsSql, patterns),
  )
  return rows[0]
}

const lotsSql = `
  WITH made AS (
    SELECT e.nonce FROM ledger.lots l JOIN ledger.entries e USING (book, owner_id, seq) WHERE l.entry_id IS NOT NULL
  ), used AS (
    SELECT DISTINCT e.nonce FROM ledger.lot_uses u JOIN ledger.entries e USING (book, owner_id, seq)
  ), held AS (
    SELECT DISTINCT h.nonce FROM ledger.lot_holds r JOIN ledger.holds h
        ON (h.book, h.owner_id, h.id) = (r.book, r.owner_id, r.hold_id)
  )
  SELECT (SELECT count(*)::int FROM ledger.lots WHERE entry_id IS NULL) AS "opening lots",
         (SELECT count(*)::int FROM ledger.entries WHERE operation = 'CREDIT_EXPIRED') AS "expiries",
         (SELECT count(*)::int FROM made WHERE nonce ~ $1) AS "lots made by new servers",
         (SELECT count(*)::int FROM used WHERE nonce ~ $1) AS "entries of new servers that used lots",
         (SELECT count(*)::int FROM held WHERE nonce ~ $1) AS "holds of new servers on lots",
         (SELECT count(*)::int FROM made WHERE nonce ~ $2) AS "lots made by old servers",
         (SELECT count(*)::int FROM used WHERE nonce ~ $2) AS "entries of old servers that used lots",
         (SELECT count(*)::int FROM held WHERE nonce ~ $2) AS "holds of old servers on lots"`

const stop = (servers: Serving) =>
  Promise.all(Object.values(servers).flatMap((each) => each.map((server) => server.stop())))

/** Returns each app's login as its role. A command of the old version makes it. */
async function provision(app: App): Promise<string> {
  const printed = await run(old.root, `npm run provision -- ${app}`)
  const login = new RegExp(`^DATABASE_URL_${app.toUpperCase()}=(\\S+)$`, 'm').exec(printed)?.[1]
  if (login === undefined) throw new Error(`npm run provision printed no login:\n${printed}`)
  return login
}

test(
  `servers of ${oldest.version} go on while the database is upgraded and then they are replaced: nothing is lost or doubled`,
  async () => {
    await run(old.root, 'npm run migrate')
    const logins = { content: await provision('content'), freelance: await provision('freelance') }
    const olds = await startServers(old.root, logins)
    let serving = olds

    const journal = new Journal()
    const ended = new AbortController()
    const acknowledged = () => [...journal.records].filter(({ state }) => state === 'done').length
    let stage = ''
    const surroundings = {
      ...{ seed, journal, faults: () => stage, ended: ended.signal, send: await oldSend() },
      urlsOf: (app: App) => urlsOf(serving, app),
    }
    const stages: string[] = []
    /** Waits until this many more postings of the clients are acknowledged. */
    const goOn = async (name: string, postings: number, work?: () => Promise<unknown>) => {
      stage = name
      const before = acknowledged()
      await work?.()
      const then = acknowledged()
      await expect.poll(acknowledged).toBeGreaterThanOrEqual(then + postings)
      stages.push(`${name}: ${acknowledged() - before}`)
    }
    const clients = apps.flatMap((app) =>
      Array.from({ length: clientsPerApp }, (_, client) => playClient(app, client + 1, surroundings)),
    )

    await goOn('old servers', 400)
    await goOn('old servers, while and after the database is migrated', 400, () => follow('migrate'))
    const news = await startServers(root, logins)
    serving = both(olds, news)
    let oldServing = olds
    const oldEnded = new AbortController()
    const ofNew = {
      ...{ ...surroundings, stories: storiesWithRewards, send },
      urlsOf: (app: App) => urlsOf(news, app),
    }
    const ofOld = {
      ...surroundings,
      urlsOf: (app: App) => urlsOf(oldServing, app),
      ended: oldEnded.signal,
    }
    clients.push(...newClients.map((client) => playClient('content', client, ofNew)))
    const clientsOfOld = oldClients.map((client) => playClient('content', client, ofOld))
    const leastUsed = async () => Math.min(...Object.values(await lotsSoFar()))
    await goOn('old and new servers', 800, () =>
      expect.poll(leastUsed, { timeout: patienceMs }).toBeGreaterThanOrEqual(10),
    )
    oldServing = await startServers(old.root, logins) // a rollback
    serving = both(news, oldServing)
    await goOn('new servers, and old ones that were started again, while the first old ones stop', 400, () =>
      stop(olds),
    )
    oldEnded.abort()
    await Promise.all(clientsOfOld)
    serving = news
    await goOn('new servers', 400)
    ended.abort()
    await Promise.all(clients)

    journal.settle()
    await sendOpen(journal, { ...surroundings, patienceMs: 120_000 })
    await Promise.all(started.map((server) => server.stop()))
    const { entries, contradictions, verifyQuestions, broken } = await compare(database.directUrl, journal)
    const count = (what: string) => contradictions.filter((each) => each.startsWith(what)).length
    const now = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
    console.log(
      [
        `From ${oldest.version} (${oldest.commit.slice(0, 7)}) to ${now}: postings that were acknowledged`,
        ...stages.map((each) => `- by ${each}`),
        `${entries} entries; ${count('lost')} lost, ${count('doubled')} doubled, ${journal.violations.length + contradictions.length} wrong at all;`,
        `${verifyQuestions} questions of verify, ${broken.length} with broken rows`,
        ...Object.entries(await lotsSoFar()).map(([what, rows]) => `- ${rows} ${what}`),
      ].join('\n'),
    )
    expect([...journal.violations, ...contradictions]).toEqual([])
    expect(broken).toEqual([])
    expect(
      started.flatMap((server) => server.output().split('\n')).filter((line) => faultLines.test(line)),
    ).toEqual([])
    await follow('verify')
  },
  patienceMs,
)
