import { AggregatorRegistry } from 'prom-client'
import { listenForScrapes } from './listen.ts'

/**
 * Serves the metrics of all workers of this primary process. Each series has the number of its worker.
 *
 * @throws Error that names METRICS_PORT when another process has the port
 */
export function serveWorkersMetrics(at: {
  readonly host: string
  readonly port: number
}): ReturnType<typeof listenForScrapes> {
  const workers = new AggregatorRegistry()
  return listenForScrapes({ contentType: workers.contentType, text: () => workers.clusterMetrics() }, at)
}
