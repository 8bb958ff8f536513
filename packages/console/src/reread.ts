import { type Exchange, makeOperation, type Operation } from '@urql/core'
import { map, pipe, tap } from 'wonka'

/**
 * Asks every open read again after a mutation, because a posting may change any list, balance and sum. A read that is
 * under way meanwhile is asked again after its answer, which may be older than the posting.
 */
export const rereadExchange: Exchange =
  ({ client, forward }) =>
  (operations) => {
    const open = new Map<number, Operation>()
    const outdated = new WeakSet<Operation>()
    const askAgain = (read: Operation) =>
      client.reexecuteOperation(
        makeOperation(read.kind, read, { ...read.context, requestPolicy: 'network-only' }),
      )
    return pipe(
      operations,
      tap((operation) => {
        if (operation.kind === 'query') open.set(operation.key, operation)
        if (operation.kind === 'teardown') open.delete(operation.key)
      }),
      forward,
      map((result) => {
        const { operation } = result
        if (operation.kind === 'mutation') {
          for (const read of open.values()) {
            outdated.add(read)
            askAgain(read) // the client ignores this for a read that is under way
          }
        }
        if (!outdated.has(operation)) return result
        askAgain(operation)
        return { ...result, stale: true }
      }),
    )
  }
