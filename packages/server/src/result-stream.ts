import type { ExecutionResult, GraphQLError } from 'graphql'
import type { ResultStream } from './graphql-server-context.ts'

type Next = IteratorResult<ExecutionResult, undefined>

const done: Next = { done: true, value: undefined }

/** Results of a subscription that can be ended from outside. */
export interface EndableStream extends ResultStream {
  readonly results: AsyncIterableIterator<ExecutionResult>
  /** Ends the stream with an error as its last result. */
  refuse(error: GraphQLError): void
}

/** Creates a stream of results that can be ended from outside, even while it waits for the next one. */
export function createStream(
  source: AsyncIterable<ExecutionResult>,
  maskError: (error: unknown) => GraphQLError,
): EndableStream {
  const iterator = source[Symbol.asyncIterator]()
  let isEnded = false
  let settleNext: ((next: Next) => void) | undefined
  /** What the reader still gets after the end. */
  let last: Next = done
  let settleEnded = (_outcome: string) => {}
  const ended = new Promise<string>((resolve) => {
    settleEnded = resolve
  })

  const end = (outcome = 'ok', result = done) => {
    if (isEnded) return
    isEnded = true
    // A source that cannot be left while it works is not waited for.
    Promise.resolve(iterator.return?.()).catch(() => {})
    if (settleNext) settleNext(result)
    else last = result
    settleEnded(outcome)
  }
  const takeLast = (): Next => {
    const result = last
    last = done
    return result
  }
  const fail = (error: unknown): Next => {
    const masked = maskError(error)
    end(String(masked.extensions.code))
    return { done: false, value: { errors: [masked] } }
  }

  return {
    ended,
    end: () => end(),
    refuse: (error) => end(String(error.extensions.code), { done: false, value: { errors: [error] } }),
    results: {
      next: () =>
        new Promise((resolve) => {
          if (isEnded) return resolve(takeLast())
          settleNext = resolve
          iterator.next().then(
            (next) => {
              settleNext = undefined
              if (next.done) end()
              resolve(next.done ? done : next)
            },
            (error) => {
              settleNext = undefined
              resolve(isEnded ? done : fail(error))
            },
          )
        }),
      async return() {
        end()
        return done
      },
      [Symbol.asyncIterator]() {
        return this
      },
    },
  }
}
