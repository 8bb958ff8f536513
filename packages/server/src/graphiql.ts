import { contentTypes, createAsset } from './asset.ts'
import type { Endpoint } from './endpoint.ts'
import { keyFiles, keyScript, keyStyle, withKeyField } from './graphiql-key.ts'
import { type Page, scriptLiteral } from './html.ts'

/** The query that GraphiQL shows at first. It posts and reads, with a fresh nonce for each visitor. */
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

/** Makes GraphiQL's page, with a field for the key when the server asks for one. `graphiqlFiles` serves its files. */
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
 * Serves GraphiQL's files. They are extracted from the page that Yoga's package renders: that page has them inline,
 * which our content security policy forbids.
 *
 * @param starterQuery Each `{nonce}` in it becomes a fresh nonce.
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

/** The page has nine megabytes, so it is loaded only when somebody opens GraphiQL. */
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
  return createAsset(contentTypes[type], load)
}
