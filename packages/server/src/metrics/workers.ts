import { AggregatorRegistry } from 'prom-client'
import { listenForScrapes } from './listen.ts'

/**
 * Serves the metrics of all workers of this primary together: each series has the number of the worker that it is of.
 *
 * @throws Error that names METRICS_PORT where another process has the port.
 */
export function serveWorkersMetrics(at: {
  readonly host: string
  readonly port: number
}): ReturnType<typeof listenForScrapes> {
  const workers = new AggregatorRegistry()
  return listenForScrapes({ contentType: workers.contentType, text: () => workers.clusterMetrics() }, at)
}
