import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { programOf } from './binaries.ts'
import { type PidFile, readPidFile, removeStalePidFile } from './pid-file.ts'
import { dataOf, logOf, type Placement } from './placement.ts'
import { freePort } from './port.ts'
import { runProgram, surroundings } from './run-program.ts'

interface StartOptions {
  /** The port to use if it is free. Otherwise the server gets another one. A server that was killed keeps its port. */
  readonly port: number
  /** Whether to fail when the port is not free. */
  readonly portIsFixed?: boolean
  /** PostgreSQL's settings. They override those of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
}

const PATIENCE_SECONDS = 60
const LOG_LIMIT_BYTES = 10 * 1024 * 1024
/** Enough for 16 workers of each of three apps. */
const MAX_CONNECTIONS = '600'

/**
 * Starts the server of a placement, or finds it running. Returns its port once it accepts connections. A server that
 * already runs may have another port than the wanted one.
 *
 * @throws Error with PostgreSQL's message when it does not start
 */
export async function startServer(placement: Placement, options: StartOptions): Promise<number> {
  const data = dataOf(placement.home)
  const deadline = Date.now() + PATIENCE_SECONDS * 1000
  for (;;) {
    const running = await settled(data, deadline)
    if (running) return running.port
    const had = removeStalePidFile(data)
    const port = options.portIsFixed ? options.port : await freePort(had ?? options.port)
    const said = await launch(placement, { ...options, port }, deadline)
    if (said === undefined) continue
    // Two causes pass by themselves: the processes of a killed server are still ending, or another program has just
    // taken the port.
    const isPassing =
      said.includes('pre-existing shared memory block') ||
      (!options.portIsFixed && /could not bind|Address already in use/.test(said))
    if (!isPassing || Date.now() > deadline) {
      throw new Error(`PostgreSQL did not start. It said (${logOf(placement.home)}):\n${said.trim()}`)
    }
    await sleep(200)
  }
}

/** Stops the server. Running transactions are rolled back, and everything committed is on the disk. */
export async function stopServer(placement: Placement): Promise<void> {
  const data = dataOf(placement.home)
  if (readPidFile(data) === undefined) return
  const stop = ['stop', '-D', data, '-m', 'fast', '-w', '-t', String(PATIENCE_SECONDS), '-s']
  await runProgram(programOf(placement.programs, 'pg_ctl'), stop, placement.user)
}

// Returns this folder's server when it is ready, or undefined when none runs. Waits for a server that is starting or
// stopping.
async function settled(data: string, deadline: number): Promise<PidFile | undefined> {
  for (;;) {
    const found = readPidFile(data)
    if (found === undefined || found.status === 'ready') return found
    if (Date.now() > deadline)
      throw new Error(`PostgreSQL in ${data} has been ${found.status} for a long time.`)
    await sleep(20)
  }
}

// Returns undefined when the server is ready, else what it said before it ended. The server gets its own session, so
// that Ctrl+C does not stop it. The attached processes stop it after their own work is done.
async function launch(
  placement: Placement,
  options: StartOptions,
  deadline: number,
): Promise<string | undefined> {
  const data = dataOf(placement.home)
  const logFile = logOf(placement.home)
  const log = openSync(logFile, sizeOf(logFile) > LOG_LIMIT_BYTES ? 'w' : 'a', 0o600)
  const saidBefore = sizeOf(logFile)
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: MAX_CONNECTIONS,
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(
    programOf(placement.programs, 'postgres'),
    ['-D', data, '-p', String(options.port), ...flags],
    { ...surroundings(placement.user), detached: true, stdio: ['ignore', log, log] },
  )
  closeSync(log)
  server.unref()
  let ended: string | undefined
  server.on('error', (error) => {
    ended = error.message
  })
  server.on('exit', () => {
    ended = readFileSync(logFile).subarray(saidBefore).toString()
  })
  for (;;) {
    if (ended !== undefined) return ended
    const running = readPidFile(data)
    if (running?.pid === server.pid && running?.status === 'ready') {
      server.removeAllListeners('exit') // the log may be gone by then
      return undefined
    }
    if (Date.now() > deadline) {
      server.kill('SIGTERM')
      return `(nothing for ${PATIENCE_SECONDS} seconds)`
    }
    await sleep(20)
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
