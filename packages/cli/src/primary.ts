// The primary process of an app's workers. npm start runs it in place of the app's server, and treats it like one. It
// is ready once all workers are, stops when they have stopped, and fails when they do. It knows nothing about the app.
import cluster from 'node:cluster'
import { messageOf } from '@shared-ledger/postgres'
import { readServerSettings } from '@shared-ledger/server/settings'
import { follow, type Serving } from './server-processes.ts'
import { say } from './terminal.ts'

/**
 * How many workers in a row may run for less than a minute. After that, something is wrong that a new worker cannot
 * fix.
 */
const MAX_SHORT_LIVES = 5
const MINUTE_MS = 60_000

const [app = '', server = '', count = ''] = process.argv.slice(2)
const workers = new Set<Serving>()
let shortLives = 0
let isStopping = false
/** What npm start has sent. A worker that starts later gets it too. */
const messages: object[] = []

cluster.setupPrimary({ exec: server, args: [] })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
process.on('disconnect', stop) // npm start is gone
process.on('message', passOn)
if (!process.connected) stop() // npm start was gone already

await serveMetrics()

// One worker starts first, so that a problem such as a taken port is reported once.
const url = await startWorker()
if (url !== undefined) {
  const others = await Promise.all(Array.from({ length: Number(count) - 1 }, startWorker))
  if (!others.includes(undefined)) process.send?.({ type: 'ready', app, url })
}

/** Serves the metrics of all workers, if that is configured. On a failure it prints the reason and ends. */
async function serveMetrics(): Promise<void> {
  const { METRICS_PORT: port, METRICS_HOST: host } = readServerSettings()
  if (port === undefined) return
  try {
    const { serveWorkersMetrics } = await import('@shared-ledger/server/metrics')
    const { url } = await serveWorkersMetrics({ host, port })
    say(`Metrics of ${app}: ${url}`)
  } catch (error) {
    say(messageOf(error))
    fail()
  }
}

function passOn(message: unknown): void {
  if (typeof message !== 'object' || message === null) return
  messages.push(message)
  for (const worker of workers) worker.send(message)
}

/** Starts a worker, and another one when it ends. Returns its address, once it accepts requests. */
async function startWorker(): Promise<string | undefined> {
  if (isStopping) return
  const worker = follow(cluster.fork().process)
  workers.add(worker)
  void replaceWhenEnded(worker)
  void worker.ready.then(() => {
    for (const message of messages) worker.send(message)
  })
  return worker.ready
}

async function replaceWhenEnded(worker: Serving): Promise<void> {
  const wasReady = (await worker.ready) !== undefined
  const readyAt = performance.now()
  const failure = await worker.ended
  workers.delete(worker)
  if (isStopping) return exitWhenEmpty()
  const lost = `A worker of ${app} ended (${failure ?? 'exit code 0'}).`
  if (!wasReady) return fail() // it has printed why
  shortLives = performance.now() - readyAt < MINUTE_MS ? shortLives + 1 : 0
  if (shortLives > MAX_SHORT_LIVES) {
    say(`${lost} It is the ${shortLives}th in a row that served for less than a minute.`)
    return fail()
  }
  say(`${lost} Starting another …`)
  void startWorker()
}

function fail(): void {
  process.exitCode = 1
  stop()
}

function stop(): void {
  isStopping = true
  for (const worker of workers) worker.stop()
  exitWhenEmpty()
}

function exitWhenEmpty(): void {
  if (workers.size === 0) process.exit()
}
