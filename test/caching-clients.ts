import { ApolloClient, gql, HttpLink, InMemoryCache, setLogVerbosity } from '@apollo/client'
import { Client, fetchExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'

type Variables = Record<string, unknown>

/** What a document selected, as parsed JSON. */
type Answer = ReturnType<typeof JSON.parse>

/** A client with a normalised cache, with its library's defaults. */
interface CachingClient {
  /** Sends a query to the server, and caches the answer. */
  query(document: string, variables?: Variables): Promise<Answer>
  /** Returns what the cache alone has for a query. */
  cached(document: string, variables?: Variables): Promise<Answer>
  mutate(document: string, variables?: Variables): Promise<Answer>
}

// Without possibleTypes, Apollo warns that it cannot match fragments on members of a union.
setLogVerbosity('error')

/** Makes a client of an app's graph. */
type ConnectClient = (url: string) => CachingClient

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
  // Graphcache warns about each type without an id, as its documentation says.
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
