import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { programOf } from './binaries.ts'
import { type PidFile, readPidFile, removeStalePidFile } from './pid-file.ts'
import { dataOf, logOf, type Placement } from './placement.ts'
import { freePort } from './port.ts'
import { runProgram, surroundings } from './run-program.ts'

export interface StartOptions {
  /** Taken when it is free; else the server gets another one. A server that was killed gets the one that it had. */
  readonly port: number
  /** Fails where the port is not free. */
  readonly portIsFixed?: boolean
  /** PostgreSQL's settings, over those of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
}

const PATIENCE_SECONDS = 60
const LOG_LIMIT_BYTES = 10 * 1024 * 1024
/** Enough for 16 workers of each of three apps. */
const MAX_CONNECTIONS = '600'

/**
 * Starts the server of a placement, or finds it running, and answers its port once it takes connections. One that runs
 * already may have another port than the one wanted.
 *
 * @throws when PostgreSQL does not start, with what it said.
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
    // The processes of a server that was killed end by themselves within a moment; a port may be lost to another program.
    const isPassing =
      said.includes('pre-existing shared memory block') ||
      (!options.portIsFixed && /could not bind|Address already in use/.test(said))
    if (!isPassing || Date.now() > deadline) {
      throw new Error(`PostgreSQL did not start. It said (${logOf(placement.home)}):\n${said.trim()}`)
    }
    await sleep(200)
  }
}

/** Stops the server: running transactions are rolled back, and everything committed is on the disk. */
export async function stopServer(placement: Placement): Promise<void> {
  const data = dataOf(placement.home)
  if (readPidFile(data) === undefined) return
  const stop = ['stop', '-D', data, '-m', 'fast', '-w', '-t', String(PATIENCE_SECONDS), '-s']
  await runProgram(programOf(placement.programs, 'pg_ctl'), stop, placement.user)
}

// The server of this folder when one is ready; undefined when none runs. Waits for one that is starting or stopping.
async function settled(data: string, deadline: number): Promise<PidFile | undefined> {
  for (;;) {
    const found = readPidFile(data)
    if (found === undefined || found.status === 'ready') return found
    if (Date.now() > deadline)
      throw new Error(`PostgreSQL in ${data} has been ${found.status} for a long time.`)
    await sleep(20)
  }
}

// Answers undefined when the server is ready, else what it said before it ended.
// It gets a session of its own: Ctrl+C reaches it through those who are attached, after their own work is done.
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
      server.removeAllListeners('exit') // its log may be gone by then
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
