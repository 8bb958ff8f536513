import cluster from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'
import { listenForScrapes } from './listen.ts'
import { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts'

/** Metrics that this process serves, or that a worker sends to its primary process on request. */
export interface StartedMetrics extends Pick<Metrics, 'observer'> {
  /** The address of the metrics, if this process serves them. */
  readonly url: string | undefined
  close(): Promise<void>
}

/** @throws Error that names METRICS_PORT when another process has the port */
export async function startMetrics(
  at: { readonly host: string; readonly port: number },
  options: Omit<MetricsOptions, 'worker'>,
): Promise<StartedMetrics> {
  const { registry, observer, stop } = createMetrics({ ...options, worker: cluster.worker?.id })
  if (cluster.isWorker) {
    AggregatorRegistry.setRegistries([registry])
    new AggregatorRegistry() // listens for the primary's request
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
