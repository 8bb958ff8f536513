import { readBounds } from '@shared-ledger/ledger'
import type { Execute } from '@shared-ledger/rest'
import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Answer } from './answer.ts'
import { bounds } from './bounds.ts'
import { ClientLeft } from './client-left.ts'
import { createDocumentCache } from './document-cache.ts'
import { createDocumentTurns } from './document-turns.ts'
import { createExecution, type RunArgs } from './execution.ts'
import { createMaskError, type ErrorListeners } from './graphql-errors.ts'
import type { GraphqlServerContext } from './graphql-server-context.ts'
import { guardResolvers } from './guard-resolvers.ts'
import { runsEveryWay } from './hooks.ts'
import { appInTime } from './in-time.ts'
import { type AnswerKnown, createKnownAnswers } from './known-answers.ts'
import type { Rates } from './rates.ts'
import type { CreateContext } from './request-context.ts'
import { useDocumentLimits } from './use-document-limits.ts'
import { useJsonRequests } from './use-json-requests.ts'
import { useNoIntrospection } from './use-no-introspection.ts'
import { useRequestLine } from './use-request-line.ts'
import { createStreams, type FollowPrincipal } from './use-streams.ts'
import { useSubscriptionRules } from './use-subscription-rules.ts'
import { yogaAnswer } from './yoga-answer.ts'

/** An app's graph, for GraphQL over HTTP and for REST. */
export interface Graph {
  /** Answers a GraphQL request as the GraphQL over HTTP specification defines. */
  answer(request: Request, raw: Omit<GraphqlServerContext, 'line'>): Promise<Answer>
  /** Answers known documents faster, without Yoga. */
  readonly answerKnown: AnswerKnown
  /** Runs one of the app's own documents for REST. The cost limit, the time limit and the masking of errors apply. */
  readonly execute: Execute
  /** Ends all subscriptions. */
  endStreams(): void
  /** Calls the dispose hooks of plugins. */
  close(): Promise<void>
}

interface GraphOptions extends ErrorListeners {
  /** Adds values to the context of the app's resolvers. */
  readonly context?: CreateContext | undefined
  /** The app's own plugins. They run after the server's. */
  readonly plugins?: readonly Plugin[] | undefined
  /** Counts documents for the rate limit. */
  readonly rates?: Rates | undefined
  /** Whether introspection queries are allowed. True when left out. */
  readonly introspection?: boolean
  /** Called when a subscription opens. The function that it returns is called when the subscription ends. */
  readonly follow?: FollowPrincipal | undefined
  /** Traces the fields of the schema. */
  readonly traceFields?: ((schema: GraphQLSchema) => void) | undefined
}

/**
 * Serves a schema with Yoga. Errors show nothing internal. The schema's resolvers are changed in place
 * (`guardResolvers`).
 *
 * @throws Error that names a field of the schema whose cost is wrong
 */
export function createGraph(
  schema: GraphQLSchema,
  { context, plugins = [], rates, introspection = true, follow, traceFields, ...listeners }: GraphOptions,
): Graph {
  guardResolvers(schema)
  traceFields?.(schema)
  const documents = createDocumentCache<DocumentNode>()
  const executed = new WeakSet<DocumentNode>()
  const maskError = createMaskError(listeners)
  const bound = readBounds()
  const hideSuggestions = !introspection
  const { execute, subscribe } = createExecution(schema, bound.request, { rates, hideSuggestions })
  const useExecution: Plugin = {
    onExecute({ args, setExecuteFn }) {
      executed.add(args.document)
      setExecuteFn(execute)
    },
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribe),
  }
  const isSameForAll = plugins.every(runsEveryWay)
  const turns = createDocumentTurns(bounds)
  const { useStreams, endAll } = createStreams(maskError, bounds, follow)
  const yoga = createYoga<GraphqlServerContext>({
    schema,
    graphiql: false,
    landingPage: false,
    cors: false,
    logging: false,
    multipart: false,
    maxRequestBodySize: false,
    maskedErrors: { maskError },
    ...(context && { context: (initial) => appInTime(context(initial), bound.connection) }),
    // A plugin may parse and check a document differently for each sender.
    parserAndValidationCache: isSameForAll && {
      documentCache: documents,
      errorCache: createDocumentCache(),
    },
    plugins: [
      useJsonRequests(turns),
      useDocumentLimits({ hideSuggestions }),
      useSubscriptionRules(),
      ...(introspection ? [] : [useNoIntrospection()]),
      useRequestLine(),
      useStreams,
      useExecution,
      ...plugins,
    ],
  })

  /** Executes and masks as Yoga does, but without its hooks. They cost as much as the execution of most documents. */
  const runBare = async (args: RunArgs): Promise<ExecutionResult> => {
    const result = await execute({ schema, ...args })
    return result.errors ? { ...result, errors: result.errors.map(maskError) } : result
  }
  const runWithHooks = async (args: RunArgs): Promise<ExecutionResult> => {
    try {
      const { schema, execute, contextFactory } = yoga.getEnveloped({ ...args.contextValue })
      return await execute({ ...args, schema, contextValue: await contextFactory() })
    } catch (error) {
      return { errors: [maskError(error)] }
    }
  }
  const hasHooks = context !== undefined || plugins.length > 0
  const run = hasHooks ? runWithHooks : runBare
  const answerKnown = createKnownAnswers({
    run,
    keepsIntrospections: !hasHooks,
    documents,
    executed,
    noteKnown: turns.noteKnown,
    fetchAPI: yoga.fetchAPI,
  })

  return {
    async answer(request, raw) {
      const line: GraphqlServerContext['line'] = { outcome: 'ok' }
      try {
        return await yogaAnswer(await yoga.fetch(request, { ...raw, line }), line)
      } catch (error) {
        // Yoga does not wait for what was begun before the client left.
        throw raw.hasLeft() ? new ClientLeft() : error
      }
    },
    answerKnown: isSameForAll ? answerKnown : () => undefined,
    async execute(document, variableValues, asker) {
      turns.noteKnown()
      const contextValue = {
        principal: asker.principal,
        hasLeft: () => asker.hasLeft(),
        params: { variables: variableValues }, // Yoga's plugins look for the variables here
        get request() {
          return asker.request
        },
      }
      const result = await run({ document, variableValues, contextValue })
      if (asker.hasLeft()) throw new ClientLeft()
      return result
    },
    endStreams: endAll,
    close: async () => yoga.dispose(),
  }
}
