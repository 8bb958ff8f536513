import { Client, type CombinedError, cacheExchange, fetchExchange, type TypedDocumentNode } from '@urql/core'
import { createContext, useContext, useEffect, useRef, useState } from 'react'
import { useClient, useQuery } from 'urql'
import { onEnd, pipe, subscribe } from 'wonka'
import type * as typed from './generated/documents.ts'
import { changedByPostings, rereadExchange } from './reread.ts'
import { polled, retriedReads } from './retry.ts'
import { authorization, type DocumentName, type DocumentOf, Refused, type Session } from './session.ts'

/** The session of the whole page. */
export const SessionContext = createContext<Session | undefined>(undefined)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('There is no session around this part of the page.')
  return session
}

/** Fields of parts that an app may not have: lots, several books, exchanges. */
type Optional = 'book' | 'expiring' | 'lots' | 'lot' | 'exchange'

/** An answer of a graph that may not have those parts. */
export type Fitted<T> =
  T extends ReadonlyArray<infer Item>
    ? readonly Fitted<Item>[]
    : T extends object
      ? { readonly [Key in keyof T as Key extends Optional ? never : Key]: Fitted<T[Key]> } & {
          readonly [Key in keyof T as Key extends Optional ? Key : never]?: Fitted<T[Key]>
        }
      : T

export type Entry = Fitted<typed.EntryRowFragment>
export type Balance = Fitted<typed.BalanceFiguresFragment>
export type Hold = Fitted<typed.HoldRowFragment>
export type Lot = Fitted<typed.LotRowFragment> & {
  readonly entry?: { readonly id: string; readonly operationName: string } | null
}
export type Operation = Fitted<typed.OperationsQuery['ledgerOperations'][number]>
/** What a posting came to: what was posted, or the refusal. */
export type Outcome = DataOf<PostingName>['outcome']
export type Refusal = Extract<Outcome, { readonly code: string }>

/** The documents that post with a nonce, and take a dry run. */
export type PostingName =
  | 'PostEntry'
  | 'PostTransaction'
  | 'Transfer'
  | 'Exchange'
  | 'HoldCredits'
  | 'CaptureHold'
  | 'RefundEntry'
  | 'ReverseTransaction'
  | 'VoidLot'

type DataOf<Name extends DocumentName> =
  DocumentOf<Name> extends TypedDocumentNode<infer Data, infer _> ? Fitted<Data> : never
export type VariablesOf<Name extends DocumentName> =
  DocumentOf<Name> extends TypedDocumentNode<infer _, infer Variables extends Record<string, unknown>>
    ? Variables
    : never

/**
 * Makes the client of the page. Its cache keeps whole answers. A normalised cache would have to know which types are an
 * `Error`, and the graph may be one that tells nothing about itself.
 */
export function createClient(): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetchSubscriptions: true,
    fetchOptions: () => ({ headers: authorization() }),
    requestPolicy: 'cache-and-network',
    exchanges: [cacheExchange, retriedReads, rereadExchange, fetchExchange],
  })
}

/**
 * Returns the text of a document. The server sends the same documents that the types come from, without the parts that
 * its graph does not have. That is why an answer is `Fitted`.
 */
function documentOf<Name extends DocumentName>(
  { documents }: Session,
  name: Name,
): TypedDocumentNode<DataOf<Name>, VariablesOf<Name>> | undefined {
  return documents[name] as unknown as TypedDocumentNode<DataOf<Name>, VariablesOf<Name>> | undefined
}

/** What is known of a question to the graph. */
export interface Read<Data> {
  readonly data: Data | undefined
  readonly error: Refused | undefined
  readonly isLoading: boolean
  readonly again: () => void
}

/** Asks the graph, unless `pause` is set or the graph does not have this part. */
export function useRead<Name extends DocumentName>(
  name: Name,
  variables: VariablesOf<Name>,
  { pause = false, isPolled = false }: { readonly pause?: boolean; readonly isPolled?: boolean } = {},
): Read<DataOf<Name>> {
  const document = documentOf(useSession(), name)
  const [{ data, error, fetching, stale }, ask] = useQuery({
    query: document ?? '{ __typename }',
    variables,
    pause: pause || !document,
    context: isPolled ? polled : changedByPostings,
  })
  return {
    // With an error, `data` is null.
    data: document && !pause ? ((data ?? undefined) as DataOf<Name> | undefined) : undefined,
    error: error && refusedOf(error),
    isLoading: fetching || stale,
    again: () => ask({ requestPolicy: 'network-only' }),
  }
}

/** How often a page asks for what changes by itself. */
export const pollMs = 5_000

/** Asks how the server that answers is, again and again. */
export function useStatus(): Read<DataOf<'Status'>> {
  const read = useRead('Status', {}, { isPolled: true })
  const { again } = read
  useEffect(() => {
    const timer = setInterval(again, pollMs)
    return () => clearInterval(timer)
  })
  return read
}

/** Whether the app's graph has what this document asks. */
export function useHas(name: DocumentName): boolean {
  return useSession().documents[name] !== undefined
}

/** What a mutation came to, and the id under which the server's log has the request. */
export interface Answered<Data> {
  readonly data: Data
  readonly requestId: string | null
}

/** Returns a function that sends a document once. @throws Refused */
export function useSend() {
  const client = useClient()
  const session = useSession()
  return async <Name extends DocumentName>(
    name: Name,
    variables: VariablesOf<Name>,
  ): Promise<Answered<DataOf<Name>>> => {
    const document = documentOf(session, name)
    if (!document) throw new Error(`The graph of ${session.app} does not take ${name}.`)
    let requestId: string | null = null
    const { data, error } = await client
      .mutation(document, variables, {
        ...changedByPostings,
        fetch: async (...request) => {
          const response = await fetch(...request)
          requestId = response.headers.get('x-request-id')
          return response
        },
      })
      .toPromise()
    if (error) throw refusedOf(error)
    if (!data) throw new Refused({ code: 'NO_ANSWER', message: 'The server sent no answer.', isOpen: true })
    return { data, requestId }
  }
}

/** Returns a function that reads once, past the cache. @throws Refused */
export function useAsk() {
  const client = useClient()
  const session = useSession()
  return async <Name extends DocumentName>(
    name: Name,
    variables: VariablesOf<Name>,
  ): Promise<DataOf<Name>> => {
    const document = documentOf(session, name)
    if (!document) throw new Error(`The graph of ${session.app} does not take ${name}.`)
    const { data, error } = await client
      .query(document, variables, { requestPolicy: 'network-only' })
      .toPromise()
    if (error) throw refusedOf(error)
    if (!data) throw new Refused({ code: 'NO_ANSWER', message: 'The server sent no answer.', isOpen: true })
    return data
  }
}

/** The server's words for what it refused. Without an answer: that it cannot be reached. */
function refusedOf({ graphQLErrors: [first], networkError }: CombinedError): Refused {
  if (first) {
    const { code, retryable } = first.extensions
    return new Refused({
      code: typeof code === 'string' ? code : 'ERROR',
      message: first.message,
      isOpen: retryable === true,
    })
  }
  const reason = networkError ? `: ${networkError.message}` : ''
  return new Refused({ code: 'NO_ANSWER', message: `The server cannot be reached${reason}.`, isOpen: true })
}

const reconnectMs = 1_000

export type LiveState = 'connecting' | 'live' | 'lost'

/**
 * Follows entries from a cursor on. A stream that breaks is opened again after the last entry that came, so that each
 * entry comes once. `undefined` as cursor: wait with opening it.
 */
export function useLive(
  variables: Omit<VariablesOf<'Live'>, 'after'>,
  { after, onEntry }: { readonly after: string | undefined; readonly onEntry: (posted: Posted) => void },
): LiveState {
  const client = useClient()
  const document = documentOf(useSession(), 'Live')
  const [state, setState] = useState<LiveState>('connecting')
  const listener = useRef(onEntry)
  listener.current = onEntry
  const isReady = after !== undefined
  const key = JSON.stringify(variables)

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the variables, and only the first cursor counts.
  useEffect(() => {
    if (!document || !isReady) return
    let cursor = after
    let timer: ReturnType<typeof setTimeout> | undefined
    let close = () => {}
    const open = () => {
      let isOver = false
      const retry = () => {
        if (isOver) return
        isOver = true
        setState('lost')
        timer = setTimeout(open, reconnectMs)
      }
      const opened = pipe(
        client.subscription(document, { ...variables, after: cursor }),
        onEnd(retry),
        subscribe(({ data, error }) => {
          if (error) return retry()
          if (!data || isOver) return
          setState('live')
          cursor = data.ledgerEntryPosted.cursor
          listener.current(data.ledgerEntryPosted)
        }),
      )
      setState('live')
      close = () => {
        isOver = true
        opened.unsubscribe()
      }
    }
    open()
    return () => {
      clearTimeout(timer)
      close()
    }
  }, [client, document, key, isReady])
  return state
}

/** An entry as it came live. */
export type Posted = Fitted<typed.LiveSubscription['ledgerEntryPosted']>
