// npm run cluster starts a cluster of PostgreSQL with Citus on this machine, for development, until Ctrl+C.
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findRoot, messageOf } from '@shared-ledger/postgres'
import { workersOf } from '../../packages/cli/src/start-options.ts'
import { onStopSignals } from '../../packages/cli/src/stop-signals.ts'
import { startCluster } from './cluster.ts'

const stopped = new AbortController()
onStopSignals({
  stop: () => stopped.abort(),
  force() {
    console.log('Ended at once: some nodes may still run. The next npm run cluster stops them first.')
    process.exit(1)
  },
})

/** Runs the cluster until a signal. @throws Error whose message is for the terminal, also when a node ends */
async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { workers: { type: 'string', default: '2' } } })
  let lost: string | undefined
  const { signal } = stopped
  const cluster = await startCluster({
    bin: process.env.CLUSTER_BIN,
    directory: path.join(findRoot(import.meta.dirname), '.data', 'cluster'),
    workers: workersOf(values.workers),
    log: console.log,
    signal,
    onLost(name) {
      lost ??= name
      stopped.abort()
    },
  })
  console.log(`The coordinator, with ${cluster.workers} workers: ${cluster.url}`)
  await new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', resolve)
  })
  await cluster.stop()
  if (lost !== undefined) throw new Error(`The ${lost} has ended, and the others with it: npm run cluster`)
}

try {
  await run(process.argv.slice(2))
} catch (error) {
  const isStopped = stopped.signal.aborted && error instanceof Error && error.name === 'AbortError'
  if (!isStopped) {
    console.error(messageOf(error))
    process.exitCode = 1
  }
}
