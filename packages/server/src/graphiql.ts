import { contentTypes, createAsset } from './asset.ts'
import { type Endpoint, getEndpoint } from './endpoint.ts'
import { keyFiles, keyScript, keyStyle, withKeyField } from './graphiql-key.ts'
import { type Page, scriptLiteral } from './html.ts'

/** What GraphiQL shows at first: it posts and reads, with a nonce of its own for every visitor. */
export const defaultStarterQuery = `# "Post" adds 10 credits. Run it once more:
# its nonce is taken, nothing is posted twice.
mutation Post {
  postLedgerEntry(
    input: {
      ownerId: "test_user"
      operation: CREDIT_ADD
      amount: 10
      nonce: "{nonce}"
    }
  ) {
    __typename
    ... on PostLedgerEntrySuccess {
      entry { id operation amount createdOn }
      balance { amount }
    }
    ... on Error { code message }
  }
}

# "Read" shows the balance and the latest entries.
query Read {
  balance(ownerId: "test_user") { amount }
  ledgerEntries(ownerId: "test_user", first: 5) {
    edges {
      node { id operation amount balanceAfter }
    }
  }
}
`

/** GraphiQL's page, with a field for the key where the server asks for one. Its files are `graphiqlFiles`. */
export function graphiqlPage(app: string, { asksForKey }: { readonly asksForKey: boolean }): Page {
  const page: Page = {
    title: `${app}: GraphiQL`,
    styles: ['/graphql/graphiql.css'],
    scripts: ['/graphql/graphiql.js', '/graphql/start.js'],
    body: '<div id="root"></div>',
  }
  return asksForKey ? withKeyField(page) : page
}

/**
 * GraphiQL's files, taken out of the page that Yoga's package renders: that one has all of it inline, which
 * our content security policy does not let run.
 *
 * @param starterQuery `{nonce}` in it becomes a fresh one.
 */
export function graphiqlFiles(app: string, starterQuery: string): Readonly<Record<string, Endpoint>> {
  const options = { title: `${app}: GraphiQL`, shouldPersistHeaders: false }
  const start = `const defaultQuery = ${scriptLiteral(starterQuery)}
  .replaceAll('{nonce}', 'playground-' + Date.now().toString(36))
YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), { ...${scriptLiteral(options)}, defaultQuery })
`
  return {
    '/graphql/graphiql.css': file('css', async () => between(await inlinePage(), '<style>', '</style>')),
    '/graphql/graphiql.js': file('js', async () =>
      between(await inlinePage(), '<script>', 'YogaGraphiQL.renderYogaGraphiQL('),
    ),
    '/graphql/start.js': file('js', async () => start),
    [keyFiles.script]: file('js', async () => keyScript),
    [keyFiles.style]: file('css', async () => keyStyle),
  }
}

/** Nine megabytes of it: loaded when someone opens GraphiQL. */
async function inlinePage(): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  return renderGraphiQL()
}

function between(text: string, start: string, end: string): string {
  const from = text.indexOf(start)
  const to = text.lastIndexOf(end)
  if (from < 0 || to < from) throw new Error(`@graphql-yoga/render-graphiql has no ${start} any more`)
  return text.slice(from + start.length, to)
}

function file(type: 'css' | 'js', load: () => Promise<string>): Endpoint {
  const asset = createAsset(contentTypes[type], load)
  return getEndpoint(({ request }) => asset(request.headers))
}
