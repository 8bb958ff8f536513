import type { Principal } from '@shared-ledger/ledger/facts'
import type { AppInfo, Problem, Route } from '@shared-ledger/rest'
import type { GraphQLSchema } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Answer, TextAnswer, WholeAnswer } from './answer.ts'
import type { Auth } from './auth/choose-auth.ts'
import type { Ping } from './health.ts'
import type { Caller, Identify, RequestHead } from './identify.ts'
import type { RateLimit } from './rate-limit.ts'
import type { RawRequest } from './raw-request.ts'
import type { CreateContext } from './request-context.ts'

export interface AppOptions {
  /** The app's name, as its ledger has it. */
  readonly app: string
  readonly ledger: { readonly ping: Ping }
  /** What openapi.json says of the app; its version is 0.0.0 when left out. */
  readonly info?: AppInfo
  /** The app's graph, with the ledger in it. */
  readonly schema: GraphQLSchema
  /** The app's own REST routes; every app has the ledger's. */
  readonly routes?: readonly Route[]
  readonly logger: Logger
  /** Who asks, in place of keys and tokens. */
  readonly identify?: Identify
  /** How the server asks where the app has no `identify`; left out, nobody is asked. */
  readonly auth?: Pick<Auth, 'identify' | 'follow'> | undefined
  /** Whether there is GraphiQL. It is there when left out. */
  readonly graphiql?: boolean
  /** Whether the graph tells what is in it. It does when left out. */
  readonly introspection?: boolean
  /** How often each principal may ask; left out, as often as the server can answer. */
  readonly rateLimit?: RateLimit | undefined
  /** Adds to the context of the app's resolvers: GraphQL's and REST's alike. */
  readonly context?: CreateContext
  /**
   * The app's own plugins for Yoga and Envelop. Their hooks around the context and the execution run for REST, too. With
   * any other hook, each GraphQL request takes Yoga's whole way, which costs several times as much.
   */
  readonly plugins?: readonly Plugin[]
  /** What GraphiQL shows at first; `{nonce}` in it becomes a fresh one. */
  readonly starterQuery?: string
}

/** One app as HTTP sees it, without a socket. */
export interface App {
  /**
   * Says who sends a request, before anything of it is answered, or what `refuse` shall answer: also where the principal
   * has asked too often. Never rejects.
   */
  identify(head: RequestHead): Promise<Principal | Problem>
  /** Answers a request, or leaves it to `answer`, which does the same in more time. Never rejects. */
  answerKnown(request: RawRequest, caller: Caller): Promise<WholeAnswer | undefined> | undefined
  /**
   * Answers a request. Never rejects.
   *
   * @param target The raw request target: `request.url` has it after normalisation, and an owner may be called `..`.
   * @param raw The same request on its socket.
   */
  answer(request: Request, target: string, caller: Caller, raw?: RawRequest): Promise<Answer>
  /** Whether a request is answered however much else there is to do: whether the server is well, above all then. */
  isUrgent(target: string): boolean
  /** Refuses a request that nothing is done for. Those of too many are logged as a sum: one line each would be work, too. */
  refuse(
    request: Pick<RawRequest, 'method' | 'target' | 'hasLeft'>,
    refused: Problem,
    started?: Caller['started'],
  ): TextAnswer
  /** What is answered where an answer cannot be made or sent; the fault goes to the log. */
  answerFault(error: unknown): TextAnswer
  /** All of it: `identify`, then `answer`, as a response. */
  fetch(request: Request, target?: string): Promise<Response>
  /** Has `/readyz` send further requests elsewhere. */
  beginToStop(): void
  /** Ends the subscriptions, and those that are asked for from now on. */
  endStreams(): void
  /** Lets go of what the app's plugins hold, once the last request is answered. */
  close(): Promise<void>
}
