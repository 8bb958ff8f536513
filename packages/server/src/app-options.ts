import type { Principal } from '@shared-ledger/ledger/facts'
import type { AppInfo, Problem, Route } from '@shared-ledger/rest'
import type { GraphQLSchema } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Answer, TextAnswer, WholeAnswer } from './answer.ts'
import type { Auth } from './auth/choose-auth.ts'
import type { ConsoleAddress } from './console.ts'
import type { Ping } from './health.ts'
import type { Caller, Identify, RequestHead } from './identify.ts'
import type { RateLimit } from './rate-limit.ts'
import type { RawRequest } from './raw-request.ts'
import type { CreateContext } from './request-context.ts'

export interface AppOptions {
  /** The app's name in the ledger. */
  readonly app: string
  readonly ledger: { readonly ping: Ping }
  /** What openapi.json says about the app. The version is 0.0.0 when left out. */
  readonly info?: AppInfo
  /** The app's GraphQL schema, which includes the ledger. */
  readonly schema: GraphQLSchema
  /** The app's own REST routes. Every app has the ledger's routes. */
  readonly routes?: readonly Route[]
  readonly logger: Logger
  /** Identifies who sends a request, in place of API keys and tokens. */
  readonly identify?: Identify
  /** How the server identifies callers when the app has no `identify`. When left out, requests are not authenticated. */
  readonly auth?: Pick<Auth, 'identify' | 'follow'> | undefined
  /** Whether GraphiQL is served. True when left out. */
  readonly graphiql?: boolean
  /** Whether the console is served. True when left out. */
  readonly console?: boolean
  /** The consoles that this one leads to, itself included. None when left out. */
  readonly consoles?: readonly ConsoleAddress[] | undefined
  /** Whether introspection queries are allowed. True when left out. */
  readonly introspection?: boolean
  /** How many requests each principal may send. No limit when left out. */
  readonly rateLimit?: RateLimit | undefined
  /** Adds values to the context of the app's resolvers, for GraphQL and REST alike. */
  readonly context?: CreateContext
  /**
   * The app's own plugins for Yoga and Envelop. Hooks around the context and the execution also run for REST. A plugin
   * with any other hook makes every GraphQL request take Yoga's full path, which costs several times as much.
   */
  readonly plugins?: readonly Plugin[]
  /** The query that GraphiQL shows at first. Each `{nonce}` in it becomes a fresh nonce. */
  readonly starterQuery?: string
}

/** One app as HTTP sees it, without a socket. */
export interface App {
  /**
   * Returns the principal that sends a request, or the problem to answer with. It runs before the body is read, and
   * also applies the rate limit. Never rejects.
   */
  identify(head: RequestHead): Promise<Principal | Problem>
  /**
   * Answers a request for a known document. Returns undefined for any other request: `answer` then does the same more
   * slowly. Never rejects.
   */
  answerKnown(request: RawRequest, caller: Caller): Promise<WholeAnswer | undefined> | undefined
  /** Answers a request. Never rejects. */
  answer(request: RawRequest, caller: Caller): Promise<Answer>
  /** Whether a request is answered however busy the server is, as a health probe is. */
  isUrgent(target: string): boolean
  /**
   * Makes the answer for a request that is refused without any work. Refusals for overload are logged once a second as
   * a sum, because a line for each would be work too.
   */
  refuse(
    request: Pick<RawRequest, 'method' | 'target' | 'hasLeft'>,
    refused: Problem,
    started?: Caller['started'],
  ): TextAnswer
  /** Makes the answer for a fault while an answer was made or sent. Writes the fault to the log. */
  answerFault(error: unknown): TextAnswer
  /**
   * Runs `identify`, then `answer`, and returns a web `Response`.
   *
   * @param target The raw request target. `request.url` holds only the normalised one, in which an owner called `..` is
   *   lost.
   */
  fetch(request: Request, target?: string): Promise<Response>
  /** Names the consoles that this app's console leads to, itself included. */
  leadTo(consoles: readonly ConsoleAddress[]): void
  /** Makes `/readyz` tell load balancers to send requests elsewhere. */
  beginToStop(): void
  /** Ends all subscriptions, and from now on each new one at once. */
  endStreams(): void
  /** Closes what the app's plugins hold. Call it after the last request is answered. */
  close(): Promise<void>
}
