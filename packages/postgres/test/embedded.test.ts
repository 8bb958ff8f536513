import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findBinaries, programOf } from '../src/embedded/binaries.ts'
import { readPidFile } from '../src/embedded/pid-file.ts'
import { dataOf, place, stateDirectoryOf } from '../src/embedded/placement.ts'
import { runProgram } from '../src/embedded/run-program.ts'
import { attachEmbeddedPostgres, resetEmbeddedPostgres } from '../src/index.ts'
import { attach, attaching, openDirectory, rowsOf, withDirectory } from './support/attached.ts'

const isRoot = process.getuid?.() === 0
const portOf = (url: string) => new URL(url).port
const isRunning = (home: string) => readPidFile(dataOf(home)) !== undefined
const quiet = (directory: string) => attachEmbeddedPostgres({ directory, log: () => {} })

const withOpenDirectory = (use: (directory: string) => Promise<void>) => withDirectory(use, { mode: 0o755 })

describe.concurrent('a directory of its own', () => {
  test('the first start makes the database, and the next one finds its data', () =>
    withOpenDirectory(async (directory) => {
      const first = await attach(directory)
      expect(first.log.join('\n')).toContain(`Creating the database in ${directory}`)
      await rowsOf(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
      await first.detach()
      expect(isRunning(directory)).toBe(false)

      const second = await attach(directory)
      expect(second.log.join('\n')).not.toContain('Creating')
      expect(await rowsOf(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
      await second.detach()
    }))

  test('the server speaks UTF-8 in the order of code points, to this machine alone, and keeps its promises', () =>
    withOpenDirectory(async (directory) => {
      const server = await quiet(directory)
      const settings = await rowsOf(
        server.url('postgres'),
        `SELECT current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS listens,
                current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
                current_setting('full_page_writes') AS pages, 'Z' < 'a' COLLATE "default" AS code_points,
                current_setting('server_version_num')::int / 10000 AS version, current_setting('password_encryption') AS passwords`,
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
        },
      ])
      expect(statSync(path.join(directory, 'password')).mode & 0o777).toBe(0o600)
      const stranger = new URL(server.url('postgres'))
      stranger.password = 'guess'
      await expect(rowsOf(stranger.toString(), 'SELECT')).rejects.toMatchObject({ code: '28P01' })
      await server.detach()
    }))

  test('three first starts at once all succeed, on one server', () =>
    withOpenDirectory(async (directory) => {
      const attached = await Promise.all([attach(directory), attach(directory), attach(directory)])
      expect(new Set(attached.map(({ url }) => url)).size).toBe(1)
      expect(attached.flatMap(({ log }) => log).filter((line) => line.startsWith('Creating'))).toHaveLength(1)
      await Promise.all(attached.map(({ detach }) => detach()))
      expect(isRunning(directory)).toBe(false)
    }))

  test('a first start killed with -9 half-way is begun anew', () =>
    withOpenDirectory(async (directory) => {
      const victim = attaching(directory)
      await victim.logged('Creating')
      await victim.kill()
      expect(existsSync(dataOf(directory))).toBe(false)
      const server = await quiet(directory)
      expect(await rowsOf(server.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      await server.detach()
      expect(existsSync(path.join(directory, 'data.unfinished'))).toBe(false)
    }))

  test('a reset is refused while the server is used, and then empties it', () =>
    withOpenDirectory(async (directory) => {
      const server = await quiet(directory)
      await rowsOf(server.url('postgres'), 'CREATE TABLE kept ()')
      await expect(resetEmbeddedPostgres(directory)).rejects.toThrow('in use')
      expect(await rowsOf(server.url('postgres'), 'SELECT FROM kept')).toEqual([])
      await server.detach()
      expect(await resetEmbeddedPostgres(directory)).toBe(directory)
      const anew = await quiet(directory)
      await expect(rowsOf(anew.url('postgres'), 'SELECT FROM kept')).rejects.toMatchObject({ code: '42P01' })
      await anew.detach()
    }))

  test.runIf(isRoot)('as root, in a folder closed to others, the data is in a folder of the system', () =>
    withDirectory(async (directory) => {
      const first = await attach(directory)
      expect(first.home).toBe(stateDirectoryOf(directory))
      expect(first.log.join('\n')).toContain(first.home)
      expect(statSync(dataOf(first.home)).uid).not.toBe(0)
      await rowsOf(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
      await first.detach()
      const second = await attach(directory)
      expect(await rowsOf(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
      await second.detach()
      expect(isRunning(first.home)).toBe(false)
    }),
  )

  test.runIf(isRoot)(
    'as root, programs in a folder closed to others are copied to a folder of the system',
    () =>
      withDirectory(async (directory) => {
        await quiet(directory).then((server) => server.detach())
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
    await (await quiet(directory)).detach()
  })
  afterAll(() => release())
  afterEach(() => expect(isRunning(directory)).toBe(false))

  test('a second process attaches to the server that runs, and the last one stops it', async () => {
    const first = await attach(directory)
    const second = await attach(directory)
    expect(second.url).toBe(first.url)
    expect(second.log).toEqual([])
    await first.detach()
    expect(await rowsOf(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await second.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('a process that is killed with -9 keeps nobody from stopping the server', async () => {
    const [victim, other] = await Promise.all([attach(directory), attach(directory)])
    await victim.kill()
    expect(await rowsOf(other.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await other.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('a server whose only process was killed with -9 is adopted by the next', async () => {
    const victim = await attach(directory)
    await victim.kill()
    expect(isRunning(directory)).toBe(true)
    const next = await quiet(directory)
    expect(next.url('postgres')).toBe(victim.url)
    await next.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('a PostgreSQL killed with -9 is started again with all that was committed', async () => {
    const first = await quiet(directory)
    await rowsOf(first.url('postgres'), 'CREATE TABLE kept AS SELECT 42 AS answer')
    process.kill(readPidFile(dataOf(directory))!.pid, 'SIGKILL')
    expect(existsSync(path.join(dataOf(directory), 'postmaster.pid'))).toBe(true)

    const second = await quiet(directory)
    expect(await rowsOf(second.url('postgres'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    await first.detach() // its connection died with the old server; the new one has another user
    expect(isRunning(directory)).toBe(true)
    await second.detach()
    expect(isRunning(directory)).toBe(false)
  })

  test('a lock file with the process id of another living process does not stop the start', async () => {
    await (await quiet(directory)).detach()
    const stale = [process.pid, dataOf(directory), 0, 54320, '', '127.0.0.1', '', 'ready   ', '']
    writeFileSync(path.join(dataOf(directory), 'postmaster.pid'), stale.join('\n'), { mode: 0o600 })
    const server = await quiet(directory)
    expect(await rowsOf(server.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await server.detach()
  })

  test('a port that another program has is left to it', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const taken = String(typeof address === 'object' ? address?.port : '')
    const first = await attach(directory, { LEDGER_PG_PORT: taken })
    expect(portOf(first.url)).not.toBe(taken)
    const second = await attach(directory, { LEDGER_PG_PORT: taken })
    expect(second.url).toBe(first.url)
    await Promise.all([first.detach(), second.detach()])
    await new Promise((resolve) => other.close(resolve))
    const third = await attach(directory, { LEDGER_PG_PORT: taken })
    expect(portOf(third.url)).toBe(taken)
    await third.detach()
  })

  test('a LEDGER_PG_PORT that is no port is refused by name', async () => {
    await expect(attach(directory, { LEDGER_PG_PORT: 'postgres' })).rejects.toThrow(
      'LEDGER_PG_PORT=postgres is not a port number (1 to 65535).',
    )
  })

  test('a database of another version, and one without its password, are refused with a way out', async () => {
    await (await quiet(directory)).detach()
    const [version, password] = [path.join(dataOf(directory), 'PG_VERSION'), path.join(directory, 'password')]
    writeFileSync(version, '17\n')
    await expect(quiet(directory)).rejects.toThrow(/made by PostgreSQL 17, .* npm run db:reset/)
    writeFileSync(version, '18\n')
    const kept = readFileSync(password)
    rmSync(password)
    await expect(quiet(directory)).rejects.toThrow(/password .* cannot be read.* npm run db:reset/)
    writeFileSync(password, kept, { mode: 0o600 })
  })

  test('what the server says is in a log file beside the data', async () => {
    await (await quiet(directory)).detach()
    expect(readFileSync(path.join(directory, 'server.log'), 'utf8')).toContain('database system is shut down')
  })
})
