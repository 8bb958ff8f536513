// The primary of an app's workers, which npm start runs in place of the app's server. To npm start it is that server: it
// is ready once all workers are, stops when they have stopped, and fails when they do. It knows nothing of the app.
import cluster from 'node:cluster'
import { messageOf } from '@shared-ledger/postgres'
import { readServerSettings } from '@shared-ledger/server/settings'
import { follow, type Serving } from './server-processes.ts'
import { say } from './terminal.ts'

/** How many workers in a row may serve for less than a minute. Beyond that something is wrong that no new worker mends. */
const MAX_SHORT_LIVES = 5
const MINUTE_MS = 60_000

const [app = '', server = '', count = ''] = process.argv.slice(2)
const workers = new Set<Serving>()
let shortLives = 0
let isStopping = false

cluster.setupPrimary({ exec: server, args: [] })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
process.on('disconnect', stop) // npm start is gone
if (!process.connected) stop() // already

await serveMetrics()

// One goes first: what keeps it from starting, such as a taken port, is said once.
const url = await startWorker()
if (url !== undefined) {
  const others = await Promise.all(Array.from({ length: Number(count) - 1 }, startWorker))
  if (!others.includes(undefined)) process.send?.({ type: 'ready', app, url })
}

/** Serves the metrics of all workers, where that is asked. Says what is in the way, and ends. */
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

/** Starts a worker, and another one when it ends. Returns its address, once it takes requests. */
async function startWorker(): Promise<string | undefined> {
  if (isStopping) return
  const worker = follow(cluster.fork().process)
  workers.add(worker)
  void replaceWhenEnded(worker)
  return worker.ready
}

async function replaceWhenEnded(worker: Serving): Promise<void> {
  const wasReady = (await worker.ready) !== undefined
  const readyAt = performance.now()
  const failure = await worker.ended
  workers.delete(worker)
  if (isStopping) return exitWhenEmpty()
  const lost = `A worker of ${app} ended (${failure ?? 'exit code 0'}).`
  if (!wasReady) return fail() // it has said why
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
