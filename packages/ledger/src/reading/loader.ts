import DataLoader from 'dataloader'

/**
 * Loads for one key by what loads for many: the keys of one turn of the event loop. By default a DataLoader waits for the
 * promises of one request alone, and nearly each request is then a query of its own.
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
