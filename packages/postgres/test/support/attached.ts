import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { stateDirectoryOf } from '../../src/embedded/placement.ts'
import { resetEmbeddedPostgres } from '../../src/index.ts'

/** Another process that is attached to an embedded server. */
export interface Attached {
  readonly url: string
  readonly home: string
  readonly log: readonly string[]
  detach(): Promise<void>
  /** kill -9 */
  kill(): Promise<void>
}

interface Attaching {
  readonly attached: Promise<Attached>
  /** Resolves when the process has logged a line with the text. Rejects when it ends without one. */
  logged(text: string): Promise<void>
  kill(): Promise<void>
}

const script = fileURLToPath(new URL('attach-process.ts', import.meta.url))

interface As {
  readonly env?: NodeJS.ProcessEnv
  /** The system user that the process runs as. Our own when left out. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
}

/** Starts another process that attaches. */
export function attaching(directory: string, { env = {}, user }: As = {}): Attaching {
  const child = spawn(
    process.execPath,
    ['--conditions=@shared-ledger/source', '--import', 'tsx', script, directory],
    {
      ...user,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const exit = once(child, 'exit')
  const closed = once(child, 'close') // with all of its output
  const log: string[] = []
  const listeners = new Set<() => void>()
  const kill = async () => {
    child.kill('SIGKILL')
    await exit
  }
  const attached = new Promise<Attached>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said: { log?: string; url?: string; home?: string; error?: string } = JSON.parse(line)
      if (said.log) log.push(said.log)
      for (const listener of listeners) listener()
      if (said.error) reject(new Error(said.error))
      if (!said.url || !said.home) return
      const detach = async () => {
        child.stdin.end()
        const [code] = await exit
        if (code !== 0) throw new Error(`the attached process ended with ${code}`)
      }
      resolve({ url: said.url, home: said.home, log, detach, kill })
    })
    closed.then(() => reject(new Error('the attaching process ended')))
  })
  attached.catch(() => {}) // a test that kills it does not wait for it
  const logged = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (log.some((line) => line.includes(text))) resolve()
      }
      listeners.add(look)
      look()
      closed.then(() => reject(new Error(`the process ended and never said "${text}": ${log.join(' | ')}`)))
    })
  return { attached, logged, kill }
}

/** Attaches in another process and waits for it. */
export function attach(directory: string, as: As = {}): Promise<Attached> {
  return attaching(directory, as).attached
}

/**
 * Makes a new directory for an embedded server, in a folder with this mode. The mode of mktemp, 0700, is closed to
 * others.
 */
export async function openDirectory({ mode, user }: { mode: number; user?: As['user'] }) {
  const parent = mkdtempSync(path.join(tmpdir(), 'shared-ledger-embedded-'))
  if (user) chownSync(parent, user.uid, user.gid)
  chmodSync(parent, mode)
  const directory = path.join(parent, '.data', 'postgres')
  const release = async () => {
    await resetEmbeddedPostgres(directory)
    rmSync(parent, { recursive: true, force: true })
    rmSync(stateDirectoryOf(directory), { recursive: true, force: true })
  }
  return { directory, release }
}

/** Calls the test with a new directory for an embedded server, then stops the server and removes everything. */
export async function withDirectory(
  use: (directory: string) => Promise<void>,
  { mode = 0o700, user }: { mode?: number; user?: As['user'] } = {},
): Promise<void> {
  const { directory, release } = await openDirectory({ mode, user })
  try {
    await use(directory)
  } finally {
    await release()
  }
}

/** Returns the rows of one query. */
export async function rowsOf(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const connection = new pg.Client({ connectionString: url })
  connection.on('error', () => {})
  await connection.connect()
  try {
    return (await connection.query(sql, values)).rows
  } finally {
    await connection.end()
  }
}
