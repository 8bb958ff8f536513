import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readDatabaseUrl } from '@shared-ledger/ledger/session'
import pg from 'pg'
import { freePort } from '../embedded/port.ts'
import { serverUser } from '../embedded/server-user.ts'

/** A PgBouncer in transaction mode in front of a server. */
export interface Pooler {
  url(database: string): string
  stop(): Promise<void>
}

interface PoolerOptions {
  /** A url of the server. */
  readonly server: string
  /** PgBouncer's settings, in addition to its address and the server's. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Starts the PgBouncer that is installed. @throws Error with PgBouncer's message */
export async function startPooler({ server, settings = {} }: PoolerOptions): Promise<Pooler> {
  const folder = mkdtempSync(path.join(tmpdir(), 'shared-ledger-pooler-'))
  const { host = '', port = 5432, user = '', password } = readDatabaseUrl(server)
  const listenPort = await freePort(0)
  const target = `* = host=${host} port=${port} user=${user}${password ? ` password=${String(password)}` : ''}`
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: String(listenPort),
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    max_client_conn: '1000',
    // the session ends soon after its test, so that the database can be dropped and its counts are complete
    server_idle_timeout: '1',
    ...settings,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
  const file = path.join(folder, 'pgbouncer.ini')
  writeFileSync(file, ['[databases]', target, '[pgbouncer]', ...lines, ''].join('\n'), { mode: 0o600 })
  const runsAs = serverUser(folder) // it refuses to run as root
  if (runsAs) for (const made of [folder, file]) chownSync(made, runsAs.uid, runsAs.gid)

  const PATH = [process.env.PATH, '/usr/sbin'].join(path.delimiter)
  const pooler = spawn('pgbouncer', ['--quiet', file], {
    ...runsAs,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  pooler.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = once(pooler, 'exit')
  const url = (database: string) =>
    `postgresql://${encodeURIComponent(user)}@127.0.0.1:${listenPort}/${encodeURIComponent(database)}`
  try {
    await Promise.race([
      untilItAnswers(url('pgbouncer')),
      ended.then(() => Promise.reject(new Error(`PgBouncer did not start:\n${said}`))),
    ])
  } catch (error) {
    pooler.kill()
    throw error
  }
  return {
    url,
    async stop() {
      pooler.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

async function untilItAnswers(url: string): Promise<void> {
  for (;;) {
    const client = new pg.Client(readDatabaseUrl(url))
    try {
      await client.connect()
      return
    } catch {
      await sleep(50)
    } finally {
      await client.end().catch(() => {})
    }
  }
}
