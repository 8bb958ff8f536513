import { type LedgerLoad, postingSignals } from '@shared-ledger/ledger'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Observer } from '../log-answer.ts'
import { labelsOf } from './labels.ts'

export interface MetricsOptions {
  readonly app: string
  /** The worker's number, when the app has several. */
  readonly worker?: number | undefined
  /** The app's operations. Other names are not used as labels. */
  readonly operations: readonly string[]
  readonly load: () => LedgerLoad
}

export interface Metrics {
  readonly registry: Registry
  readonly observer: Observer
  /** Stops listening to the ledger. */
  stop(): void
}

/** In seconds, from the time of a read to the time limit of a request. */
const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15]
/** The codes of requests that are refused for who sent them or for being too many. */
const refusals: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'OVERLOADED'])

const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256]

/**
 * Counts what one process of an app does. A label never has a value that a client chose. Labels have known operations,
 * codes, methods and paths; every other value becomes `other`.
 */
export function createMetrics({ app, worker, operations, load }: MetricsOptions): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ app, ...(worker !== undefined && { worker: String(worker) }) })
  collectDefaultMetrics({ register: registry })
  const { operationLabel, requestLabels } = labelsOf(operations)
  const registers = [registry]

  const postings = new Counter({
    name: 'ledger_postings_total',
    help: 'Entries and holds by outcome: posted, held, or the code of the refusal.',
    labelNames: ['operation', 'outcome'],
    registers,
  })
  const requests = new Histogram({
    name: 'ledger_request_duration_seconds',
    help: 'Requests by the time until their answer was made; streams are not among them.',
    labelNames: ['method', 'route', 'status'],
    buckets: latencyBuckets,
    registers,
  })
  const refused = new Counter({
    name: 'ledger_refused_requests_total',
    help: 'Requests that were refused for who sent them, or as too many, by the code.',
    labelNames: ['code'],
    registers,
  })
  const batches = new Histogram({
    name: 'ledger_batch_postings',
    help: 'Calls that post, by the number of requests that went together.',
    buckets: batchBuckets,
    registers,
  })
  const calls = new Histogram({
    name: 'ledger_batch_duration_seconds',
    help: 'Calls that post, by the time that they took; failed: the database gave no outcome.',
    labelNames: ['failed'],
    buckets: latencyBuckets,
    registers,
  })
  const retries = new Counter({
    name: 'ledger_retries_total',
    help: 'Calls that failed in a way that may pass and were made again, by the code.',
    labelNames: ['code'],
    registers,
  })
  const streams = new Gauge({
    name: 'ledger_streams',
    help: 'Subscriptions that are open.',
    registers,
  })
  new Gauge({
    name: 'ledger_postings_waiting',
    help: 'Postings that the ledger has received and not answered.',
    registers,
    collect() {
      this.set(load().postings)
    },
  })
  new Gauge({
    name: 'ledger_pool_connections',
    help: 'Open connections to PostgreSQL, idle or in use.',
    labelNames: ['state'],
    registers,
    collect() {
      const { open, idle } = load().connections
      this.set({ state: 'idle' }, idle)
      this.set({ state: 'busy' }, open - idle)
    },
  })
  new Gauge({
    name: 'ledger_pool_waiting',
    help: 'Callers that wait for a connection to PostgreSQL.',
    registers,
    collect() {
      this.set(load().connections.waiting)
    },
  })

  const stops = [
    postingSignals.posting.listen(({ operation, outcome }) =>
      postings.inc({ operation: operationLabel(operation), outcome }),
    ),
    postingSignals.call.listen(({ drafts, ms, failed }) => {
      batches.observe(drafts)
      calls.observe({ failed: String(failed) }, ms / 1000)
    }),
    postingSignals.retry.listen(({ code }) => retries.inc({ code })),
  ]
  return {
    registry,
    observer: {
      answered(request) {
        if (refusals.has(request.outcome)) refused.inc({ code: request.outcome })
        if (!request.isStream) requests.observe(requestLabels(request), request.ms / 1000)
      },
      refused: (code) => refused.inc({ code }),
      streamOpened: () => streams.inc(),
      streamEnded: () => streams.dec(),
    },
    stop() {
      for (const stop of stops) stop()
    },
  }
}
