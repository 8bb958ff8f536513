import { type ProblemTable, problemPath } from '@shared-ledger/rest'
import { jsonAnswer } from './answer.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'
import { escapeHtml, pageAnswer } from './html.ts'

const links = {
  '/graphql': 'the graph, with GraphiQL in a browser',
  '/docs': 'the REST routes in Swagger UI',
  '/redoc': 'the same in ReDoc',
  '/openapi.json': 'the same as OpenAPI 3.1',
  '/problems': 'every code of an error',
  '/health': 'whether the database answers',
}

/** A page that lists what the app serves. */
export function indexPage(app: string): Endpoint {
  const items = Object.entries(links).map(([href, text]) => `<li><a href="${href}">${href}</a>: ${text}</li>`)
  const page = pageAnswer({
    title: `${app}: credits ledger`,
    body: `<h1>${escapeHtml(app)}: credits ledger</h1><ul>${items.join('')}</ul>`,
  })
  return getEndpoint(async () => page)
}

/** Where the `type` of a problem points: what its code means. */
export function problemPages(problems: ProblemTable): Readonly<Record<string, Endpoint>> {
  const explain = (body: unknown): Endpoint => {
    const headers = { 'content-type': 'application/json' }
    return getEndpoint(async () => jsonAnswer({ status: 200, headers, body, outcome: 'ok' }))
  }
  const codes = Object.entries(problems).map(([code, type]) => ({ code, ...type }))
  return {
    '/problems': explain({ problems: codes }),
    ...Object.fromEntries(codes.map((type) => [problemPath(type.code), explain(type)])),
  }
}
