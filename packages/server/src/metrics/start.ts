import cluster from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'
import { listenForScrapes } from './listen.ts'
import { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts'

/** Metrics that are served, or that a worker hands to its primary when that is asked. */
export interface StartedMetrics extends Pick<Metrics, 'observer'> {
  /** Where they are served, if it is this process that does. */
  readonly url: string | undefined
  close(): Promise<void>
}

/** @throws Error that names METRICS_PORT where another process has the port. */
export async function startMetrics(
  at: { readonly host: string; readonly port: number },
  options: Omit<MetricsOptions, 'worker'>,
): Promise<StartedMetrics> {
  const { registry, observer, stop } = createMetrics({ ...options, worker: cluster.worker?.id })
  if (cluster.isWorker) {
    AggregatorRegistry.setRegistries([registry])
    new AggregatorRegistry() // listens for the primary's question
    return { observer, url: undefined, close: async () => stop() }
  }
  const text = () => registry.metrics()
  const { url, close } = await listenForScrapes({ contentType: registry.contentType, text }, at)
  return {
    observer,
    url,
    async close() {
      stop()
      await close()
    },
  }
}
