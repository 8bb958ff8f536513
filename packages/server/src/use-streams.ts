import type { Principal } from '@shared-ledger/ledger/facts'
import { type Problem, problem } from '@shared-ledger/rest'
import type { ExecutionResult, GraphQLError } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { type Bounds, bounds } from './bounds.ts'
import { graphqlProblem } from './graphql-errors.ts'
import type { GraphqlServerContext, ResultStream } from './graphql-server-context.ts'
import { anyone } from './identify.ts'
import { principalKey } from './principal-key.ts'
import { createStream, type EndableStream } from './result-stream.ts'
import { createTally } from './tally.ts'

/** Watches a principal's right while its stream is open. The function that it returns stops this. */
export type FollowPrincipal = (principal: Principal) => () => void

/**
 * Follows streams of results. When an error ends a stream, or the principal's right ends, the client gets that as a
 * last result. `endAll` ends all streams, and from then on each new one.
 *
 * @param most How many streams there may be at once, in all and per principal. Beyond that, a client gets OVERLOADED or
 *   RATE_LIMITED.
 * @param followPrincipal Called when a stream opens. The function that it returns is called when the stream ends.
 */
export function createStreams(
  maskError: (error: unknown) => GraphQLError,
  most: Pick<Bounds, 'streams' | 'streamsPerPrincipal'> = bounds,
  followPrincipal: FollowPrincipal = () => () => {},
) {
  const streams = new Set<ResultStream>()
  const ofPrincipals = createTally()
  let isStopping = false

  /** The key under which a stream is counted. Streams that are not authenticated have none. */
  const keyIn = ({ principal }: Partial<GraphqlServerContext>) =>
    principal === undefined || principal === anyone ? undefined : principalKey(principal)
  const refusalFor = (key: string | undefined): ExecutionResult | undefined => {
    if (streams.size >= most.streams) return refused(tooMany())
    return ofPrincipals.of(key) < most.streamsPerPrincipal
      ? undefined
      : refused(tooManyOfOne(most.streamsPerPrincipal))
  }
  const follow = (stream: ResultStream, key: string | undefined) => {
    streams.add(stream)
    ofPrincipals.add(key)
    stream.ended.then(() => {
      streams.delete(stream)
      ofPrincipals.remove(key)
    })
  }

  const useStreams: Plugin<Partial<GraphqlServerContext>, GraphqlServerContext> = {
    onSubscribe({ args: { contextValue }, setResultAndStopExecution }) {
      const key = keyIn(contextValue)
      const refusal = refusalFor(key)
      if (refusal) {
        setResultAndStopExecution(refusal)
        return
      }
      return {
        onSubscribeResult({ result, setResult }) {
          if (!isAsyncIterable(result)) return
          // Others may have opened while this one did.
          const late = refusalFor(key)
          if (late) {
            void result[Symbol.asyncIterator]().return?.()
            setResult(late)
            return
          }
          const stream = createStream(result, maskError)
          setResult(stream.results)
          follow(stream, key)
          if (contextValue.principal) endWith(contextValue.principal, stream, followPrincipal)
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

const refused = (problem: Problem): ExecutionResult => ({ errors: [graphqlProblem(problem)] })

const tooMany = () => problem('OVERLOADED', 'Too many subscriptions are open already. Try again shortly.')

const tooManyOfOne = (most: number) =>
  problem('RATE_LIMITED', `The caller has ${most} subscriptions open already. Try again when one has ended.`)

/** Ends a stream when its principal's right ends. */
function endWith(principal: Principal, stream: EndableStream, follow: FollowPrincipal): void {
  const { ends } = principal
  const refuse = () =>
    stream.refuse(
      graphqlProblem(
        problem('UNAUTHENTICATED', 'The key or token of this request was revoked or has expired.'),
      ),
    )
  const unfollow = follow(principal)
  ends?.addEventListener('abort', refuse, { once: true })
  stream.ended.then(() => {
    unfollow()
    ends?.removeEventListener('abort', refuse)
  })
  if (ends?.aborted) refuse()
}
