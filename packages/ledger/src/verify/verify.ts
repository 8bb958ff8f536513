import type pg from 'pg'
import { type AppBooks, differences } from '../checkpoint/differences.ts'
import type { Checkpoint } from '../checkpoint/read.ts'
import { assertKnownApp } from '../known-app.ts'
import { type Asking, ask, type BrokenRow, type Found } from './ask.ts'
import { questions, readSql } from './questions.ts'
import { inSnapshot, shareOut } from './snapshot.ts'
import { untilCommitted } from './until-committed.ts'

export type { BrokenRow } from './ask.ts'
export { noteVerification } from './note-verification.ts'

/** The answer to one question about one app. */
export interface Answer {
  readonly app: string
  /** The question's file without `.sql`, or `checkpoint` for the comparison with one. */
  readonly question: string
  /** The invariant in words. */
  readonly invariant: string
  /** How many rows break it. */
  readonly count: number
  /** The first of these rows. */
  readonly rows: readonly BrokenRow[]
}

/** A verified app and its size. */
interface VerifiedApp {
  readonly app: string
  readonly accounts: number
  readonly entries: number
  readonly holds: number
}

/** The result of a verification. */
export interface Verification {
  readonly apps: readonly VerifiedApp[]
  readonly answers: readonly Answer[]
  /** The answers with broken rows. A correct ledger has none. */
  readonly broken: readonly Answer[]
}

/** Called while a verification goes on. */
export interface VerificationProgress {
  /** Called before the first question, with the number of steps. */
  onStart?(steps: number): void
  onQuestion?(app: string, invariant: string): void
  /** Called after each step: a question, or one of its ranges of owners. */
  onStep?(): void
  onAnswer?(answer: Answer): void
}

export interface VerifyOptions extends VerificationProgress {
  /** The apps to verify. All when left out. */
  readonly apps?: readonly string[]
  /** How many broken rows an answer names at most. */
  readonly maxRows?: number
  /** More connections of the same role to the database. They share the work. */
  readonly beside?: readonly pg.ClientBase[]
  /** About how many entries a range of owners has. */
  readonly rangeSize?: number
  /**
   * The checkpoints to compare the history with. An app that is in a checkpoint but no longer in the ledger is compared
   * too.
   */
  readonly checkpoints?: readonly Checkpoint[]
}

/**
 * Checks every invariant of the ledger over all rows of the apps. All questions see one snapshot. Nothing is locked,
 * and postings go on meanwhile. The connection's role must see the apps' rows. The owner of the tables sees all.
 *
 * On a cluster there is no snapshot of all nodes. Each shard answers what concerns one owner, as of one moment. What
 * concerns several owners may be read while their nodes commit, one after another. So a question that finds broken rows
 * is asked again after what was being committed is committed everywhere. Only rows that are found both times count.
 *
 * Each checkpoint adds one question: whether everything in it is unchanged. This finds a changed history even if all
 * hashes were computed anew.
 *
 * @throws Error for an unknown app, when the database has no ledger, and when a transaction on a cluster stays half
 *   committed
 */
export async function verifyLedger(
  client: pg.ClientBase,
  { maxRows = 20, rangeSize = 50_000, beside = [], checkpoints = [], ...options }: VerifyOptions = {},
): Promise<Verification> {
  const clients = [client, ...beside] as const
  const apps: VerifiedApp[] = []
  const asked: Asked[] = []
  await inSnapshot(clients, async () => {
    const booksThen = checkpoints.flatMap((checkpoint) => [...checkpoint.books])
    for (const { app, books, users } of await chooseApps(client, options.apps, booksThen)) {
      const { rows } = await client.query<VerifiedApp>(readSql('size.sql'), [app, books])
      apps.push(...rows)
      const ranges = await rangesOf(client, books, rangeSize)
      for (const { question, invariant, sql, parameters } of questions) {
        const values = [app, books, users].slice(0, parameters)
        const parts = (parameters > values.length ? ranges : [[]]).map((range) =>
          partOf(() => [{ text: sql, values: [...values, ...range] }]),
        )
        asked.push({ app, question, invariant, parts })
      }
      for (const checkpoint of checkpoints) {
        const invariant = `The history of each account up to ${checkpoint.name}, of ${checkpoint.signed.createdOn}, is unchanged.`
        const parts = [partOf(() => differences(checkpoint, { app, books, users }))]
        asked.push({ app, question: 'checkpoint', invariant, parts })
      }
    }
    const steps = asked.flatMap((question) => question.parts.map((part) => ({ question, part })))
    options.onStart?.(steps.length)
    await shareOut(clients, steps, async (connection, { question, part }) => {
      const { app, invariant, parts } = question
      if (part === parts[0]) options.onQuestion?.(app, invariant)
      part.found = await ask(connection, part.statements(), maxRows)
      options.onStep?.()
      if (parts.every(({ found }) => found?.count === 0)) options.onAnswer?.(answerOf(question, maxRows))
    })
  })

  const suspicious = asked.filter((question) => countOf(question) > 0)
  if (suspicious.length > 0) {
    await untilCommitted(client)
    await inSnapshot(clients, async () => {
      for (const question of suspicious) {
        options.onQuestion?.(question.app, question.invariant)
        await shareOut(clients, question.parts, async (connection, part) => {
          if (part.found?.count === 0) return
          part.found = await ask(connection, part.statements(), maxRows, part.found?.names)
        })
        options.onAnswer?.(answerOf(question, maxRows))
      }
    })
  }
  const answers = asked.map((question) => answerOf(question, maxRows))
  return { apps, answers, broken: answers.filter(({ count }) => count > 0) }
}

/** A question about an app, in parts: one for each range of owners, or a single one. */
interface Asked extends Pick<Answer, 'app' | 'question' | 'invariant'> {
  readonly parts: readonly Part[]
}

interface Part {
  readonly statements: () => Iterable<Asking> | AsyncIterable<Asking>
  found: Found | undefined
}

function partOf(statements: Part['statements']): Part {
  return { statements, found: undefined }
}

function countOf({ parts }: Asked): number {
  return parts.reduce((sum, { found }) => sum + (found?.count ?? 0), 0)
}

function answerOf(asked: Asked, maxRows: number): Answer {
  const { app, question, invariant, parts } = asked
  const rows = parts.flatMap(({ found }) => found?.rows ?? []).slice(0, maxRows)
  return { app, question, invariant, count: countOf(asked), rows }
}

/**
 * Returns ranges of the owners in an app's books: the first owner, and the end, which is not included. Together they cover
 * every owner.
 */
async function rangesOf(
  client: pg.ClientBase,
  books: readonly string[],
  size: number,
): Promise<[string, string | null][]> {
  const { rows } = await client.query<{ owner: string }>(readSql('ranges.sql'), [books, size])
  const starts = ['', ...rows.map(({ owner }) => owner)]
  return starts.map((start, index) => [start, starts[index + 1] ?? null])
}

/** Returns the apps to verify with their books, out of those in the ledger and in the checkpoints. */
async function chooseApps(
  client: pg.ClientBase,
  names: readonly string[] | undefined,
  booksThen: readonly string[],
): Promise<AppBooks[]> {
  const tables = await client.query<{ apps: boolean; books: boolean }>(
    "SELECT to_regclass('ledger.apps') IS NOT NULL AS apps, to_regclass('ledger.books') IS NOT NULL AS books",
  )
  if (!tables.rows[0]?.books) {
    const found = tables.rows[0]?.apps ? 'an older ledger' : 'no ledger yet'
    throw new Error(`The database has ${found}. Run its migrations: npx shared-ledger migrate`)
  }
  const apps = await client.query<{ app: string }>(readSql('apps.sql'))
  const books = await knownBooks(client, booksThen)
  const known = [...new Set([...apps.rows, ...books].map(({ app }) => app))].sort()
  for (const name of names ?? []) assertKnownApp(name, known)
  return known
    .filter((app) => names?.includes(app) ?? true)
    .map((app) => {
      const own = books.filter((book) => book.app === app)
      return {
        app,
        books: [...new Set([app, ...own.map(({ book }) => book)])],
        users: [...new Set([app, ...own.flatMap(({ users }) => users)])],
      }
    })
}

interface Book {
  readonly book: string
  /** The app that made it. */
  readonly app: string
  /** The apps that use it. */
  readonly users: readonly string[]
}

/** Returns the books of the ledger and of checkpoints. A book that no app has made counts as made by an app of its name. */
async function knownBooks(client: pg.ClientBase, booksThen: readonly string[]): Promise<Book[]> {
  const { rows } = await client.query<{ book: string; app: string | null; apps: string[] | null }>(
    readSql('books.sql'),
  )
  const known = rows.map(({ book, app, apps }) => ({ book, app: app ?? book, users: apps ?? [] }))
  const gone = [...new Set(booksThen)].filter((book) => !rows.some((row) => row.book === book))
  return [...known, ...gone.map((book) => ({ book, app: book, users: [] }))]
}
