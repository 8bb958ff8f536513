import path from 'node:path'
import type pg from 'pg'
import { appOf, appsOf, historyOf, migrationsOf, scriptOf, wholeScriptOf } from '../project.ts'
import { timestampAfter } from './timestamp.ts'

/** The book of each operation that does not have the app's own. */
export type BooksOf = Readonly<Record<string, string>>

/** Returns these apps, and those whose migrations share a book with one of them. Their migrations must run, too. */
export function withSharers(root: string, apps: readonly string[]): string[] {
  const others = appsOf(root).filter((app) => !apps.includes(app))
  const sharers = others.filter((other) =>
    callsOf(root, other, 'share_book').some((call) => apps.some((app) => call.includes(`'${app}'`))),
  )
  return sharers.length > 0 ? withSharers(root, [...apps, ...sharers]) : [...apps]
}

/**
 * Returns the books of operations that no app has made yet.
 *
 * @throws Error for a book of another app that is not shared with this one
 */
export async function newBooksOf(
  connection: pg.Client,
  { root, app, books }: { root: string; app: string; books: BooksOf },
): Promise<string[]> {
  const { rows } = await connection.query<{ book: string }>(
    'SELECT book FROM ledger.books WHERE $1 = ANY (apps)',
    [app],
  )
  const usable = rows.map(({ book }) => book)
  const unknown = [...new Set(Object.values(books))].filter((book) => !usable.includes(book))
  for (const book of unknown) {
    const maker = makerOf(root, book)
    if (maker !== undefined && maker !== app) throw new Error(refusalOf(root, { app, book, maker, books }))
  }
  return unknown
}

function refusalOf(
  root: string,
  { app, book, maker, books }: { app: string; book: string; maker: string; books: BooksOf },
): string {
  const operations = Object.keys(books).filter((name) => books[name] === book)
  const history = historyOf(root, maker)
  const migration = `${timestampAfter(migrationsOf(history).at(-1), new Date())}_share_${book}`
  return (
    `${path.relative(root, appOf(root, app).operations)}: ${operations.join(', ')} cannot have the book ${book}, which the ` +
    `app ${maker} has made and not shared with ${app}. A book of its own needs another name. To share that one, write a ` +
    `migration of ${maker} by hand, ${path.relative(root, scriptOf(history, migration))}, whose array names all apps that ` +
    `share the book: SELECT ledger.share_book('${maker}', '${book}', ARRAY['${app}']);`
  )
}

/** Returns the app of the project that has made a book: the one of its name, or the one whose migrations make it. */
function makerOf(root: string, book: string): string | undefined {
  const apps = appsOf(root)
  if (apps.includes(book)) return book
  return apps.find((app) =>
    callsOf(root, app, 'make_book').some((call) => call.includes(`'${app}'`) && call.includes(`'${book}'`)),
  )
}

/** Returns the arguments of each call of a function of the ledger in an app's migrations. */
function callsOf(root: string, app: string, name: string): string[] {
  const script = wholeScriptOf(historyOf(root, app)).replaceAll(/--.*$/gm, '')
  return [...script.matchAll(new RegExp(`\\bledger\\.${name}\\s*\\(([^;]*)`, 'g'))].map(
    ([, args = '']) => args,
  )
}
