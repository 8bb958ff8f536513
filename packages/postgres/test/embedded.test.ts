import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { findBinaries, programOf } from '../src/embedded/binaries.ts'
import { readPidFile } from '../src/embedded/pid-file.ts'
import { dataOf, isInitialised, place, stateDirectoryOf } from '../src/embedded/placement.ts'
import { freePort } from '../src/embedded/port.ts'
import { runProgram } from '../src/embedded/run-program.ts'
import { attachEmbeddedPostgres, resetEmbeddedPostgres } from '../src/index.ts'
import { attach, attaching, openDirectory, rowsOf, withDirectory } from './support/attached.ts'

const isRoot = process.getuid?.() === 0
const portOf = (url: string) => new URL(url).port
const isRunning = (home: string) => readPidFile(dataOf(home)) !== undefined
const quiet = (directory: string) => attachEmbeddedPostgres({ directory, log: () => {} })
const unfinishedIn = (home: string) => readdirSync(home).filter((name) => name.startsWith('data.unfinished'))

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await sleep(20)
}

const answers = (url: string) =>
  rowsOf(url, 'SELECT').then(
    () => true,
    () => false,
  )

async function leasesOn(url: string): Promise<unknown> {
  const count = `SELECT count(*)::int AS leases FROM pg_stat_activity WHERE application_name = 'shared-ledger attached'`
  return (await rowsOf(url, count))[0]?.leases
}

// Kills one process of PostgreSQL, which then ends all its processes but the first, and starts them again.
async function killBackend(url: string): Promise<void> {
  const [row] = await rowsOf(url, `SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'`)
  process.kill(Number(row?.pid), 'SIGKILL')
}

// The user of an ordinary user's processes: our own, unless we are root.
const ordinary = isRoot ? { uid: 65_534, gid: 65_534 } : undefined
const readThis = ['--eval', "require('node:fs').readFileSync(process.argv[1])", import.meta.filename]
// False when Node or this repository is in a folder that is closed to others.
const ordinaryCanRun = spawnSync(process.execPath, readThis, { ...ordinary, cwd: '/' }).status === 0

describe.concurrent('a new directory', () => {
  test('a first start that is killed with -9 half-way is repeated, even while its initdb still writes', () =>
    withDirectory(
      async (directory) => {
        const log: string[] = []
        const victim = attaching(directory)
        await victim.logged('Creating')
        await until(() => unfinishedIn(directory).length > 0)
        await victim.kill()
        expect(existsSync(dataOf(directory))).toBe(false)

        // It ends by itself, because removing its files keeps this process from ending it.
        const busy = '(sleep 1; kill -9 $$) & while mkdir -p "$1"; do i=$((i + 1)); : > "$1/$i"; done'
        const left = path.join(directory, unfinishedIn(directory)[0]!, 'data', 'base')
        spawn('/bin/sh', ['-c', busy, 'sh', left])
        const server = await attachEmbeddedPostgres({ directory, log: (line) => log.push(line) })
        expect(log[0]).toContain('Waiting for another process') // the lock of the killed process
        expect(await answers(server.url('postgres'))).toBe(true)
        await server.detach()
        expect(unfinishedIn(directory)).toEqual([])
      },
      { mode: 0o755 },
    ))

  test.runIf(ordinaryCanRun)('an ordinary user starts, starts again and stops it', () =>
    withDirectory(
      async (directory) => {
        const first = await attach(directory, { user: ordinary })
        expect(first.home).toBe(directory)
        expect(statSync(dataOf(directory)).uid).toBe(ordinary?.uid ?? process.getuid?.())
        await rowsOf(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
        await first.detach()
        expect(isRunning(directory)).toBe(false)
        const second = await attach(directory, { user: ordinary })
        expect(await rowsOf(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
        await second.detach()
        expect(isRunning(directory)).toBe(false)
      },
      { mode: 0o700, user: ordinary },
    ),
  )

  test.runIf(isRoot)('as root, the data of a folder closed to others is in a folder of the system', () =>
    withDirectory(async (directory) => {
      const first = await attach(directory)
      expect(first.home).toBe(stateDirectoryOf(directory))
      expect(first.log.join('\n')).toContain(first.home)
      expect(statSync(dataOf(first.home)).uid).not.toBe(0)
      await rowsOf(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
      await first.detach()

      chmodSync(path.resolve(directory, '../..'), 0o755) // now it would be made here, if it did not exist already
      const second = await quiet(directory)
      expect(second.home).toBe(first.home)
      expect(await rowsOf(second.url('postgres'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
      await second.detach()
      expect(isRunning(first.home)).toBe(false)
    }),
  )

  test.runIf(isRoot)(
    'as root, programs in a folder closed to others are copied to a folder of the system',
    () =>
      withDirectory(async (directory) => {
        mkdirSync(directory, { recursive: true })
        const closed = mkdtempSync(path.join(tmpdir(), 'shared-ledger-closed-'))
        try {
          const { folder, version } = findBinaries()
          cpSync(folder, path.join(closed, 'native'), { recursive: true, verbatimSymlinks: true })
          const { programs, user } = await place(directory, { folder: path.join(closed, 'native'), version })
          expect(programs.startsWith(stateDirectoryOf(directory))).toBe(true)
          expect(await runProgram(programOf(programs, 'postgres'), ['--version'], user)).toContain(
            'PostgreSQL',
          )
        } finally {
          rmSync(closed, { recursive: true })
        }
      }),
  )
})

describe('a directory that every test leaves with its server stopped', () => {
  let directory: string
  let release: () => Promise<void>
  beforeAll(async () => {
    const ready = await openDirectory({ mode: 0o755 })
    directory = ready.directory
    release = ready.release
    // Other servers of this machine have the usual port, or take it while a killed one is down.
    vi.stubEnv('LEDGER_PG_PORT', String(await freePort(0)))
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    return release()
  })
  afterEach(() => expect(isRunning(directory)).toBe(false))

  test('three first starts at once make one database on one server, and the next start finds its data', async () => {
    const attached = await Promise.all([attach(directory), attach(directory), attach(directory)])
    expect(new Set(attached.map(({ url }) => url)).size).toBe(1)
    const created = attached.flatMap(({ log }) => log).filter((line) => line.startsWith('Creating'))
    expect(created).toEqual([`Creating the database in ${directory} …`])
    await rowsOf(attached[0]!.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
    await Promise.all(attached.map(({ detach }) => detach()))
    expect(isRunning(directory)).toBe(false)

    const next = await attach(directory)
    expect(next.log.join('\n')).not.toContain('Creating')
    expect(await rowsOf(next.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    await next.detach()
  })

  test('the server has UTF-8, sorts by code points, listens on this machine only, and is durable', async () => {
    const server = await quiet(directory)
    const settings = await rowsOf(
      server.url('postgres'),
      `SELECT current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS listens,
              current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
              current_setting('full_page_writes') AS pages, 'Z' < 'a' COLLATE "default" AS code_points,
              current_setting('server_version_num')::int / 10000 AS version, current_setting('password_encryption') AS passwords,
              current_setting('max_connections')::int AS connections`,
    )
    expect(settings).toEqual([
      {
        encoding: 'UTF8',
        listens: '127.0.0.1',
        fsync: 'on',
        commits: 'on',
        pages: 'on',
        code_points: true,
        version: 18,
        passwords: 'scram-sha-256',
        connections: 600,
      },
    ])
    expect(statSync(path.join(directory, 'password')).mode & 0o777).toBe(0o600)
    const stranger = new URL(server.url('postgres'))
    stranger.password = 'guess'
    await expect(rowsOf(stranger.toString(), 'SELECT')).rejects.toMatchObject({ code: '28P01' })
    await server.detach()
  })

  test('a second process attaches to the running server, and the last one stops it', async () => {
    const first = await attach(directory)
    const second = await attach(directory)
    expect(second.url).toBe(first.url)
    expect(second.log).toEqual([])
    await first.detach()
    expect(await answers(second.url)).toBe(true)
    await second.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('a process killed with -9 keeps nobody from stopping the server', async () => {
    const [victim, other] = await Promise.all([attach(directory), quiet(directory)])
    await victim.kill()
    expect(await answers(other.url('postgres'))).toBe(true)
    await until(async () => (await leasesOn(other.url('postgres'))) === 1) // PostgreSQL notices an instant later
    await other.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('a server whose only process was killed with -9 is adopted by the next process', async () => {
    const victim = await attach(directory)
    await victim.kill()
    expect(isRunning(directory)).toBe(true)
    const next = await quiet(directory)
    expect(next.url('postgres')).toBe(victim.url)
    await until(async () => (await leasesOn(victim.url)) === 1)
    await next.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('after a backend was killed with -9, nobody stops or resets the server of attached processes', async () => {
    const [one, other] = await Promise.all([attach(directory), quiet(directory)])
    await killBackend(one.url)
    await until(() => answers(one.url))
    await expect(resetEmbeddedPostgres(directory)).rejects.toThrow('in use')
    expect(await leasesOn(one.url)).toBe(2)
    await other.detach()
    expect(await answers(one.url)).toBe(true)
    await one.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('a process that detaches while a killed backend brings the server down leaves it to the others', async () => {
    const [one, other] = await Promise.all([attach(directory), quiet(directory)])
    await killBackend(one.url)
    await other.detach()
    await until(() => answers(one.url))
    expect(isRunning(directory)).toBe(true)
    await one.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('the attached processes start a PostgreSQL that was killed with -9 again on its port', async () => {
    const log: string[] = []
    const server = await attachEmbeddedPostgres({ directory, log: (line) => log.push(line) })
    const url = server.url('postgres')
    const { pid } = readPidFile(dataOf(directory))!
    process.kill(pid, 'SIGKILL')
    await until(() => answers(url))
    expect(readPidFile(dataOf(directory))?.pid).not.toBe(pid)
    await until(async () => (await leasesOn(url)) === 1)
    expect(log).toContain(`PostgreSQL ended. Starting it again on port ${portOf(url)} …`)
    await server.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('the next process starts a PostgreSQL that was killed with -9, with its port and all committed data', async () => {
    const victim = await attach(directory)
    await rowsOf(victim.url, 'CREATE TABLE committed AS SELECT 42 AS answer')
    await victim.kill()
    process.kill(readPidFile(dataOf(directory))!.pid, 'SIGKILL')
    expect(existsSync(path.join(dataOf(directory), 'postmaster.pid'))).toBe(true)
    const next = await attach(directory, { env: { LEDGER_PG_PORT: '54399' } })
    expect(next.url).toBe(victim.url) // the victim's apps may still have it
    expect(await rowsOf(next.url, 'SELECT answer FROM committed')).toEqual([{ answer: 42 }])
    await next.detach()
  })

  test('a stop that fails is reported, and the lease ends', async () => {
    const server = await quiet(directory)
    const version = path.join(dataOf(directory), 'PG_VERSION')
    const kept = readFileSync(version)
    rmSync(version)
    await expect(server.detach()).rejects.toThrow('pg_ctl failed')
    writeFileSync(version, kept)
    await until(async () => (await leasesOn(server.url('postgres'))) === 0)
    await (await quiet(directory)).detach()
  })

  test('a lock file with the process id of another living process does not prevent the start', async () => {
    const elsewhere = mkdtempSync(path.join(tmpdir(), 'shared-ledger-stranger-'))
    copyFileSync('/bin/sleep', path.join(elsewhere, 'postgres'))
    const stranger: ChildProcess = spawn(path.join(elsewhere, 'postgres'), ['60'], { cwd: elsewhere })
    try {
      for (const pid of [process.pid, stranger.pid]) {
        const stale = [pid, dataOf(directory), 0, 54320, '', '127.0.0.1', '', 'ready   ', '']
        writeFileSync(path.join(dataOf(directory), 'postmaster.pid'), stale.join('\n'), { mode: 0o600 })
        const server = await quiet(directory)
        expect(await answers(server.url('postgres'))).toBe(true)
        await server.detach()
      }
    } finally {
      stranger.kill('SIGKILL')
      rmSync(elsewhere, { recursive: true })
    }
  })

  test('a port of another program is left to it', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const taken = String(typeof address === 'object' ? address?.port : '')
    const first = await attach(directory, { env: { LEDGER_PG_PORT: taken } })
    expect(portOf(first.url)).not.toBe(taken)
    const second = await attach(directory, { env: { LEDGER_PG_PORT: taken } })
    expect(second.url).toBe(first.url)
    await Promise.all([first.detach(), second.detach()])
    await new Promise((resolve) => other.close(resolve))
    const third = await attach(directory, { env: { LEDGER_PG_PORT: taken } })
    expect(portOf(third.url)).toBe(taken)
    await third.detach()
  })

  test('an invalid LEDGER_PG_PORT is refused by name', async () => {
    const refused = attaching(directory, { env: { LEDGER_PG_PORT: 'postgres' } })
    const never = refused.logged('what it never says')
    await expect(refused.attached).rejects.toThrow(
      'LEDGER_PG_PORT must be a whole number from 1 to 65535, not "postgres".',
    )
    await expect(never).rejects.toThrow('never said "what it never says"')
  })

  test('a database of another version, or without its password, is refused with a way out', async () => {
    await (await quiet(directory)).detach()
    const [version, password] = [path.join(dataOf(directory), 'PG_VERSION'), path.join(directory, 'password')]
    writeFileSync(version, '17\n')
    await expect(quiet(directory)).rejects.toThrow(/made by PostgreSQL 17, .* npx shared-ledger reset/)
    writeFileSync(version, '18\n')
    const kept = readFileSync(password)
    rmSync(password)
    await expect(quiet(directory)).rejects.toThrow(/password .* cannot be read.* npx shared-ledger reset/)
    writeFileSync(password, kept, { mode: 0o600 })
  })

  test('the server’s messages are in a log file beside the data', async () => {
    await (await quiet(directory)).detach()
    expect(readFileSync(path.join(directory, 'server.log'), 'utf8')).toContain('database system is shut down')
  })

  test.runIf(isRoot)(
    'data that PostgreSQL’s user can no longer enter is refused with a way out',
    async () => {
      const parent = path.resolve(directory, '../..')
      chmodSync(parent, 0o700)
      try {
        await expect(quiet(directory)).rejects.toThrow(
          `The database is in ${directory}, and PostgreSQL's user (uid ${statSync(dataOf(directory)).uid}) can no longer`,
        )
        await expect(quiet(directory)).rejects.toThrow(`chmod o+x ${parent}`)
        expect(isInitialised(stateDirectoryOf(directory))).toBe(false)
      } finally {
        chmodSync(parent, 0o755)
      }
    },
  )

  test('a reset is refused while the server is in use, and otherwise empties it', async () => {
    const server = await quiet(directory)
    await expect(resetEmbeddedPostgres(directory)).rejects.toThrow('in use')
    expect(await rowsOf(server.url('postgres'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    await server.detach()
    mkdirSync(path.join(directory, 'data.unfinished-killed'))
    expect(await resetEmbeddedPostgres(directory)).toBe(directory)
    expect(readdirSync(directory)).toEqual([])
  })
})
