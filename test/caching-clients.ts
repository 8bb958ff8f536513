import { ApolloClient, gql, HttpLink, InMemoryCache, setLogVerbosity } from '@apollo/client'
import { Client, fetchExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'

type Variables = Record<string, unknown>

/** What a document selected, as parsed JSON. */
type Answer = ReturnType<typeof JSON.parse>

/** A client with a normalised cache, as its library makes it when nothing is configured. */
export interface CachingClient {
  /** Answers a query from the server, and caches it. */
  query(document: string, variables?: Variables): Promise<Answer>
  /** What the cache alone answers a query with. */
  cached(document: string, variables?: Variables): Promise<Answer>
  mutate(document: string, variables?: Variables): Promise<Answer>
}

// Without possibleTypes it says that it cannot know what fragments on members of a union may match.
setLogVerbosity('error')

/** Makes a client of an app's graph. */
export type ConnectClient = (url: string) => CachingClient

function connectApollo(url: string): CachingClient {
  const client = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: url }) })
  const read = async (
    fetchPolicy: 'network-only' | 'cache-only',
    document: string,
    variables: Variables = {},
  ) => {
    const { data, error } = await client.query({ query: gql(document), variables, fetchPolicy })
    if (error) throw error
    return data
  }
  return {
    query: (document, variables) => read('network-only', document, variables),
    cached: (document, variables) => read('cache-only', document, variables),
    async mutate(document, variables = {}) {
      const { data, error } = await client.mutate({ mutation: gql(document), variables })
      if (error) throw error
      return data
    },
  }
}

function connectUrql(url: string): CachingClient {
  // Graphcache warns of each type without an id that it meets, as its documentation says.
  const cache = cacheExchange({ logger: () => undefined })
  const client = new Client({ url, exchanges: [cache, fetchExchange], preferGetMethod: false })
  const answer = async (result: PromiseLike<{ data?: unknown; error?: Error | undefined }>) => {
    const { data, error } = await result
    if (error) throw error
    return data
  }
  return {
    query: (document, variables = {}) =>
      answer(client.query(document, variables, { requestPolicy: 'network-only' }).toPromise()),
    cached: (document, variables = {}) =>
      answer(client.query(document, variables, { requestPolicy: 'cache-only' }).toPromise()),
    mutate: (document, variables = {}) => answer(client.mutation(document, variables).toPromise()),
  }
}

export const cachingClients: readonly (readonly [library: string, ConnectClient])[] = [
  ['Apollo Client', connectApollo],
  ['urql', connectUrql],
]
