import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { follow } from '../../packages/cli/src/server-processes.ts'
import type { App } from '../requests.ts'
import { type NetworkProxy, startProxy } from './proxy.ts'

/** A place where an app is served: its address stays, whichever process serves there. */
export interface AppServer {
  readonly app: App
  /** "content 1" */
  readonly name: string
  readonly url: string
  /** Between clients and the process. */
  readonly front: NetworkProxy
  /** Ends the process at once; no other one takes its place until `start`. */
  kill(): Promise<void>
  /** Tells the process to end in order, and waits for that. */
  stop(): Promise<void>
  /** Starts a process, again and again until one is ready: one that finds no database ends. */
  start(): Promise<void>
  close(): Promise<void>
}

export interface AppServerOptions {
  readonly root: string
  readonly app: App
  readonly number: number
  readonly databaseUrl: string
  /** Called with what no process may do: end by itself, or write a fault into its log. */
  readonly onFault: (what: string) => void
}

/**
 * What a network has lost without a word is noticed by the bound of a statement, which is below this one: where service is
 * to be back within 10 s, this is no more.
 */
const requestBoundMs = 10_000

/** Faults of a server itself, as its log has them. */
export const faultLines = /"msg":"(?:fault|unhandled rejection|uncaught exception)"|"code":"INTERNAL_ERROR"/

/** Longer than a server takes to end that waits for its last requests; it ends itself after 20 s. */
const stopPatienceMs = 30_000

/** How long processes may fail to start before the run is given up. */
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
      // Requests in flight are finished over their connections; new ones find nobody.
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

/** A session of its own: Ctrl+C reaches it through us. Its channel's end tells it that we are gone. */
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

/** Reads all that a process writes; its log says at level `error` what is a fault. */
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
