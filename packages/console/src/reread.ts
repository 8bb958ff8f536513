import { type Exchange, makeOperation, type Operation } from '@urql/core'
import { map, pipe, tap } from 'wonka'

/**
 * Lets every read be asked again after a posting, which may change any list, balance and sum: the context of all reads and
 * postings. The cache drops what it has, and asks what is open. What is under way then is left to `rereadExchange`.
 */
export const changedByPostings = { additionalTypenames: ['Posting'] }

/** Asks a read again that was under way at a mutation: its answer may be older. Stands behind the cache. */
export const rereadExchange: Exchange =
  ({ client, forward }) =>
  (operations) => {
    const underWay = new Map<number, Operation>()
    const outdated = new WeakSet<Operation>()
    return pipe(
      operations,
      tap((operation) => {
        if (operation.kind === 'query') underWay.set(operation.key, operation)
        if (operation.kind === 'teardown') underWay.delete(operation.key)
      }),
      forward,
      map((result) => {
        const { operation } = result
        if (operation.kind === 'mutation') {
          for (const read of underWay.values()) outdated.add(read)
        }
        if (operation.kind !== 'query') return result
        underWay.delete(operation.key)
        if (!outdated.has(operation)) return result
        client.reexecuteOperation(
          makeOperation('query', operation, { ...operation.context, requestPolicy: 'network-only' }),
        )
        return { ...result, stale: true }
      }),
    )
  }
