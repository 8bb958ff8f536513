import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { follow } from '../../packages/cli/src/server-processes.ts'
import type { App } from '../requests.ts'
import { type NetworkProxy, startProxy } from './proxy.ts'

/** A place where an app is served. Its address stays the same, whichever process serves there. */
export interface AppServer {
  readonly app: App
  /** Such as "content 1". */
  readonly name: string
  readonly url: string
  /** Between clients and the process. */
  readonly front: NetworkProxy
  /** Ends the process at once. No other one replaces it until `start`. */
  kill(): Promise<void>
  /** Tells the process to end in order, and waits for that. */
  stop(): Promise<void>
  /** Starts a process, again and again until one is ready. A process that finds no database ends. */
  start(): Promise<void>
  close(): Promise<void>
}

interface AppServerOptions {
  readonly root: string
  readonly app: App
  readonly number: number
  readonly databaseUrl: string
  /** Called when a process ends by itself or writes a fault into its log. Neither may happen. */
  readonly onFault: (what: string) => void
}

/**
 * A connection that the network lost silently is noticed by the time limit of a statement, which is shorter than this
 * one. Service must be back within 10 s, so this is no more.
 */
const requestBoundMs = 10_000

/** Faults of a server itself, as they look in its log. */
export const faultLines = /"msg":"(?:fault|unhandled rejection|uncaught exception)"|"code":"INTERNAL_ERROR"/

/** Longer than a server takes to end while it waits for its last requests. It ends itself after 20 s. */
const stopPatienceMs = 30_000

/** How long processes may fail to start before the run gives up. */
const startPatienceMs = 120_000

export async function openAppServer(options: AppServerOptions): Promise<AppServer> {
  const { app, number, onFault } = options
  const name = `${app} ${number}`
  const front = await startProxy()
  let child: ChildProcess | undefined
  let isEndExpected = true

  const launch = async (): Promise<string | undefined> => {
    const started = spawnServer(options)
    child = started
    isEndExpected = true // until it is ready: without a database it ends, and says why
    const { ready, ended } = follow(started)
    listenForFaults(started, (line) => onFault(`the log of ${name} has ${line}`))
    const url = await ready
    if (url === undefined) return undefined
    isEndExpected = false
    void ended.then((how) => {
      if (child === started && !isEndExpected) onFault(`${name} ended by itself (${how ?? 'exit code 0'})`)
    })
    return url
  }

  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    isEndExpected = true
    front.leadTo(undefined)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    const late = sleep(stopPatienceMs, 'late', { ref: false })
    if ((await Promise.race([ended, late])) !== 'late') return
    onFault(`${name} did not end within ${stopPatienceMs / 1000} s of ${signal}`)
    child.kill('SIGKILL')
    await ended
  }

  return {
    app,
    name,
    url: `http://127.0.0.1:${front.port}`,
    front,
    kill: () => end('SIGKILL'),
    async stop() {
      // Requests in flight finish over their connections. New ones are not accepted.
      await end('SIGTERM')
    },
    async start() {
      const until = performance.now() + startPatienceMs
      for (;;) {
        const url = await launch()
        if (url !== undefined) return front.leadTo(Number(new URL(url).port))
        if (performance.now() > until)
          throw new Error(`${name} did not start within ${startPatienceMs / 1000} s.`)
        await sleep(200)
      }
    },
    async close() {
      await end('SIGTERM')
      await front.close()
    },
  }
}

/**
 * Starts the server in its own session, so that Ctrl+C reaches it through us. The end of its channel tells it that we
 * are gone.
 */
function spawnServer({ root, app, databaseUrl }: AppServerOptions): ChildProcess {
  const server = path.join('apps', app, 'src', 'server.ts')
  return spawn(process.execPath, ['--conditions=@shared-ledger/source', '--import', 'tsx', server], {
    cwd: root,
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      HOST: '127.0.0.1',
      PORT: '0',
      NODE_ENV: 'production',
      LOG_LEVEL: 'error',
      LEDGER_AUTH: 'none',
      REQUEST_TIMEOUT_MS: String(requestBoundMs),
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

/** Reads everything that a process writes. A line at level `error` is a fault. */
function listenForFaults({ stdout, stderr }: ChildProcess, onFault: (line: string) => void): void {
  for (const stream of [stdout, stderr]) {
    let rest = ''
    stream?.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (faultLines.test(line)) onFault(line.slice(0, 2000))
    })
  }
}
