import { problem } from '@shared-ledger/rest'
import type { ExecutionResult, GraphQLError } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { bounds } from './bounds.ts'
import { graphqlProblem } from './graphql-errors.ts'
import type { GraphqlServerContext, ResultStream } from './graphql-server-context.ts'

/**
 * Follows the streams of results. An error that ends one reaches its client as a last result. `endAll` ends them, and
 * those that are asked for from then on.
 *
 * @param max How many there may be at once; beyond them one is told OVERLOADED.
 */
export function createStreams(maskError: (error: unknown) => GraphQLError, max = bounds.streams) {
  const streams = new Set<ResultStream>()
  let isStopping = false

  const useStreams: Plugin<Partial<GraphqlServerContext>, GraphqlServerContext> = {
    onSubscribe({ args: { contextValue }, setResultAndStopExecution }) {
      if (streams.size >= max) {
        setResultAndStopExecution(tooMany())
        return
      }
      return {
        onSubscribeResult({ result, setResult }) {
          if (!isAsyncIterable(result)) return
          // Others may have been opened while this one was.
          if (streams.size >= max) {
            void result[Symbol.asyncIterator]().return?.()
            setResult(tooMany())
            return
          }
          const stream = createStream(result, maskError)
          setResult(stream.results)
          streams.add(stream)
          stream.ended.then(() => streams.delete(stream))
          if (contextValue.line) contextValue.line.stream = stream
          if (isStopping) stream.end()
        },
      }
    },
  }
  return {
    useStreams,
    endAll() {
      isStopping = true
      for (const stream of streams) stream.end()
    },
  }
}

const tooMany = (): ExecutionResult => ({
  errors: [
    graphqlProblem(problem('OVERLOADED', 'Too many subscriptions are open already. Try again shortly.')),
  ],
})

type Next = IteratorResult<ExecutionResult, undefined>

const done: Next = { done: true, value: undefined }

/** Results that can be ended from outside, also while the next one is waited for. */
function createStream(
  source: AsyncIterable<ExecutionResult>,
  maskError: (error: unknown) => GraphQLError,
): ResultStream & { readonly results: AsyncIterableIterator<ExecutionResult> } {
  const iterator = source[Symbol.asyncIterator]()
  let isEnded = false
  let settleNext = (_next: Next) => {}
  let settleEnded = (_outcome: string) => {}
  const ended = new Promise<string>((resolve) => {
    settleEnded = resolve
  })

  const end = (outcome = 'ok') => {
    if (isEnded) return
    isEnded = true
    // A source that cannot be left while it works is not waited for.
    Promise.resolve(iterator.return?.()).catch(() => {})
    settleNext(done)
    settleEnded(outcome)
  }
  const fail = (error: unknown): Next => {
    const masked = maskError(error)
    end(String(masked.extensions.code))
    return { done: false, value: { errors: [masked] } }
  }

  return {
    ended,
    end: () => end(),
    results: {
      next: () =>
        new Promise((resolve) => {
          if (isEnded) return resolve(done)
          settleNext = resolve
          iterator.next().then(
            (next) => {
              if (next.done) end()
              resolve(next.done ? done : next)
            },
            (error) => {
              settleNext = () => {}
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
