// Migrations that are interrupted: by the end of a process, by a lost connection, or by a person.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createEmptyDatabase, startTcpProxy } from '@shared-ledger/postgres/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { migrate } from '../src/index.ts'
import { rowsOf } from './support/attached.ts'
import { BOOST, migratingProject } from './support/migrating.ts'

const project = migratingProject()
const { write, migrating, failing, rows, states, isTable, until, connect } = project

/** A migration after BOOST. */
const LATER = '20991122000001_later'
const NOTHING = `The migration ${BOOST} of the app content failed and changed nothing.`
const WAITING = 'Waiting for another process, which migrates this database …'
const finished = [{ state: 'finished', logs: null }]

/** A script that creates a table, and continues when the test opens the gate. */
const GATED = 'CREATE TABLE a (); SELECT pg_advisory_xact_lock(4711); CREATE TABLE b ();'

async function closeGate(): Promise<{ open(): Promise<void>; reached(): Promise<unknown> }> {
  const holder = await connect()
  await holder.query('SELECT pg_advisory_lock(4711)')
  return {
    open: async () => void (await holder.query('SELECT pg_advisory_unlock(4711)')),
    reached: () => until(`SELECT pid FROM pg_locks WHERE objid = 4711 AND NOT granted`),
  }
}

test('two at once on a missing database both succeed', async () => {
  const missing = await createEmptyDatabase()
  onTestFinished(() => missing.drop())
  await missing.drop()
  rmSync(path.join(project.root, 'apps', 'freelance'), { recursive: true })
  const lines: string[] = []
  const start = () =>
    migrate({ databaseUrl: missing.url, root: project.root, log: (line) => void lines.push(line) })
  await Promise.all([start(), start()])
  expect(lines.filter((line) => line.startsWith('Migrating'))).toHaveLength(2) // the ledger and content, once each
  expect(lines.filter((line) => line === WAITING).length).toBeLessThanOrEqual(1)
  const migrations =
    'SELECT migration_name, count(*)::int FROM content._prisma_migrations GROUP BY 1 ORDER BY 1'
  expect(await rowsOf(missing.url, migrations)).toEqual([
    { migration_name: '20261121000000_operations', count: 1 },
    { migration_name: '20261121000001_contents', count: 1 },
    { migration_name: '20261129224134_features', count: 1 },
    { migration_name: '20261201012410_lots', count: 1 },
  ])
})

test('a second process waits for the first, says so, and finds it done', async () => {
  write(GATED)
  const gate = await closeGate()
  const first = migrating()
  await gate.reached()
  let heard = () => {}
  const waits = new Promise<void>((resolve) => {
    heard = resolve
  })
  const said: string[] = []
  const second = migrating({
    log: (line) => {
      said.push(line)
      heard()
    },
  })
  await waits
  await gate.open()
  expect(await first).toEqual([`Migrating the app content: ${BOOST} …`])
  await second
  expect(said).toEqual([WAITING])
  expect(await states()).toEqual(finished)
})

test('a script whose process was killed finishes in PostgreSQL, and the next process waits for it and does not run it again', async () => {
  write(GATED)
  const gate = await closeGate()
  const script = fileURLToPath(new URL('support/migrate-process.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--conditions=@shared-ledger/source', '--import', 'tsx', script, project.root, project.url],
    { stdio: 'ignore' },
  )
  const ended = once(child, 'exit')
  await gate.reached()
  child.kill('SIGKILL')
  await ended
  const said: string[] = []
  await migrating({
    log(line) {
      said.push(line)
      gate.open() // once it waits
    },
  })
  expect(said).toEqual([WAITING])
  expect(await states()).toEqual(finished)
  expect(await migrating()).toEqual([])
})

test('an unfinished script with its own COMMIT runs again', async () => {
  write('CREATE TABLE IF NOT EXISTS a ();')
  await rows(`INSERT INTO content._prisma_migrations (id, checksum, migration_name) VALUES ('1', '', $1)`, [
    BOOST,
  ])
  await migrating()
  expect((await states()).map(({ state }) => state)).toEqual(['rolled back', 'finished'])
})

test('after a connection is lost before the answer, the finished migration is found, and the rest runs', async () => {
  write(GATED)
  write('CREATE TABLE c ();', { name: `${BOOST}_2` })
  const gate = await closeGate()
  const proxy = await startTcpProxy(project.url)
  onTestFinished(() => proxy.close())
  const said: string[] = []
  const migrated = migrating({
    databaseUrl: proxy.url,
    log(line) {
      said.push(line)
      if (line === WAITING) gate.open()
    },
  })
  await gate.reached()
  proxy.cut()
  await migrated
  expect(said).toEqual([
    `Migrating the app content: ${BOOST}, ${BOOST}_2 …`,
    WAITING,
    `Migrating the app content: ${BOOST}_2 …`,
  ])
  expect(await states()).toEqual(finished)
  expect([await isTable('content.b'), await isTable('content.c')]).toEqual([true, true])
})

test('a script whose connection PostgreSQL ends has changed nothing', async () => {
  write(GATED)
  const gate = await closeGate()
  const failed = failing()
  await gate.reached()
  await rows(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = 4711 AND NOT granted`)
  expect((await failed).split('\n')).toEqual([
    NOTHING,
    'FATAL: terminating connection due to administrator command (SQLSTATE 57P01)',
    'The next time it may succeed: migrate again.',
  ])
  expect(await isTable('content.a')).toBe(false)
  await gate.open()
  await migrating()
  expect(await states()).toEqual(finished)
})

test('when the database is gone, the error says that the outcome is unknown, and the next call finds it out', async () => {
  write(GATED)
  const gate = await closeGate()
  const proxy = await startTcpProxy(project.url)
  const failed = failing({ databaseUrl: proxy.url })
  await gate.reached()
  await proxy.close()
  const failure = (await failed).split('\n')
  expect(failure[0]).toBe(
    `The migration ${BOOST} of the app content lost its connection: whether it is done is not known.`,
  )
  expect(failure).toContainEqual(expect.stringContaining('ECONNREFUSED'))
  expect(failure.at(-1)).toBe('Migrate again when PostgreSQL answers. What is done does not run again.')
  await gate.open()
  await until(`SELECT FROM content._prisma_migrations WHERE migration_name = '${BOOST}'`)
  expect(await migrating()).toEqual([])
})

test('stopping a call in the middle of a script cancels it in PostgreSQL, and the error says what is left', async () => {
  write(GATED)
  const gate = await closeGate()
  const stopping = new AbortController()
  const said: string[] = []
  const stopped = migrating({ signal: stopping.signal, log: (line) => void said.push(line) })
  await gate.reached()
  stopping.abort()
  await expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  expect(said.at(-1)).toBe(NOTHING)
  expect(await states()).toEqual([])
  expect(await isTable('content.a')).toBe(false)
})

test('a call that is stopped while another process waits for it says what its script has left', async () => {
  write(GATED)
  const gate = await closeGate()
  const stopping = new AbortController()
  const said: string[] = []
  const stopped = migrating({ signal: stopping.signal, log: (line) => void said.push(line) })
  await gate.reached()
  const other = await connect()
  const others = other.query('SELECT pg_advisory_lock(hashtext($$shared-ledger migrate$$))')
  await until(`SELECT pid FROM pg_locks WHERE objid = hashtext($$shared-ledger migrate$$)::bigint & 4294967295
    AND NOT granted`)
  stopping.abort()
  const ended = expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  await others
  await vi.waitUntil(() => said.includes(WAITING), { timeout: 120_000 })
  await other.query('SELECT pg_advisory_unlock_all()')
  await ended
  expect(said.at(-1)).toBe(NOTHING)
})

test('a call whose script releases the locks takes them again, and does not run what another process ran', async () => {
  write('SELECT pg_advisory_unlock_all(), pg_advisory_xact_lock(4711);')
  write('CREATE TABLE twice ();', { name: LATER })
  const gate = await closeGate()
  const said: string[] = []
  const first = migrating({ log: (line) => void said.push(line) })
  await gate.reached()
  const other = await connect()
  await other.query('SELECT pg_advisory_lock(hashtext($$shared-ledger migrate$$))')
  await gate.open()
  await vi.waitUntil(() => said.includes(WAITING), { timeout: 120_000 })
  await other.query(
    `INSERT INTO content._prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('other', '', $1, now())`,
    [LATER],
  )
  await other.query('SELECT pg_advisory_unlock_all()')
  await first
  expect(await states(LATER)).toEqual(finished)
  expect(await isTable('content.twice')).toBe(false)
})

test('a call that is stopped while it waits for another process ends, with nothing migrated', async () => {
  write('CREATE TABLE a ();')
  const other = await connect()
  await other.query('SELECT pg_advisory_lock(hashtext($$shared-ledger migrate$$))')
  const stopping = new AbortController()
  const stopped = migrating({ signal: stopping.signal, log: () => stopping.abort() }) // once it says that it waits
  await expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  expect(await isTable('content.a')).toBe(false)
})

test('waits for a migrating process of Prisma', async () => {
  write('CREATE TABLE a ();')
  const engine = await connect()
  await engine.query('SELECT pg_advisory_lock(72707369)')
  const said: string[] = []
  await migrating({
    log(line) {
      said.push(line)
      if (line === WAITING) engine.query('SELECT pg_advisory_unlock(72707369)')
    },
  })
  expect(said).toEqual([WAITING, `Migrating the app content: ${BOOST} …`])
})
