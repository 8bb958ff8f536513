import { type Endpoint, getEndpoint } from './endpoint.ts'
import { escapeHtml, pageAnswer } from './html.ts'

const links = {
  '/console': 'The console: accounts, entries and postings in the browser.',
  '/graphql': 'The graph, with GraphiQL to try it.',
  '/docs': 'The REST routes in Swagger UI, to try them.',
  '/redoc': 'The same in ReDoc, to read.',
  '/openapi.json': 'The same as OpenAPI 3.1, for programs.',
  '/problems': 'Every code of an error, and what it means.',
  '/health': 'Whether the database answers.',
  '/livez': 'Whether the process answers.',
  '/readyz': 'Whether requests should be sent to it.',
}

/** A page that lists what the app serves. */
export function indexPage(
  app: string,
  { graphiql, console }: { readonly graphiql: boolean; readonly console: boolean },
): Endpoint {
  const shown = graphiql ? links : { ...links, '/graphql': 'The graph.' }
  const served = Object.entries(shown).filter(([href]) => console || href !== '/console')
  const items = served.map(([href, text]) => `<li><h2><a href="${href}">${href}</a></h2><p>${text}</p></li>`)
  const page = pageAnswer({
    title: `${app}: credits ledger`,
    body: `<main><h1>${escapeHtml(app)}: credits ledger</h1><ul>${items.join('')}</ul></main>`,
  })
  return getEndpoint(async () => page)
}
