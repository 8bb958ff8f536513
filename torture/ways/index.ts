import type { Outcome } from '../outcome.ts'
import type { Request } from '../requests.ts'
import { sendByGraphql } from './graphql.ts'
import { sendByRest } from './rest.ts'
import { sendByClient } from './typed-client.ts'

/** How a request may reach a server. */
export const ways = ['REST', 'REST with Idempotency-Key', 'GraphQL', 'typed client'] as const
export type Way = (typeof ways)[number]

/** Sends a request to a server. Returns an outcome for each of its postings, or one outcome when it has none. */
export function send(url: string, request: Request, way: Way): Promise<readonly Outcome[]> {
  switch (way) {
    case 'REST':
      return sendByRest(url, request, { asHeader: false })
    case 'REST with Idempotency-Key':
      return sendByRest(url, request, { asHeader: true })
    case 'GraphQL':
      return sendByGraphql(url, request)
    case 'typed client':
      return sendByClient(url, request)
  }
}
