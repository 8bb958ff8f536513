import DataLoader from 'dataloader'

/**
 * Creates a DataLoader that collects the keys of one turn of the event loop. The default schedule collects only within
 * the promises of one request, which makes nearly every request its own query.
 */
export function createLoader<Key, Found>(
  loadAll: (keys: readonly Key[]) => PromiseLike<readonly Found[]>,
  maxBatchSize: number,
): DataLoader<Key, Found> {
  return new DataLoader(loadAll, {
    cache: false,
    maxBatchSize,
    batchScheduleFn: (load) => void setImmediate(load),
  })
}
