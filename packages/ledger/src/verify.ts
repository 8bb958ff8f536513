import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'

/** A row that breaks an invariant. */
export interface BrokenRow {
  /** Which row, such as `entry 17 (seq 3 of "ada")`. */
  readonly broken: string
  /** What it says. */
  readonly found: string
  /** What it should say. */
  readonly expected: string
}

/** What one question about one app came to. */
export interface Answer {
  readonly app: string
  /** The question's file, without `.sql`. */
  readonly question: string
  /** The invariant in words. */
  readonly invariant: string
  /** How many rows break it. */
  readonly count: number
  /** The first of them. */
  readonly rows: readonly BrokenRow[]
}

/** An app that was verified, and how much of it there is. */
export interface VerifiedApp {
  readonly app: string
  readonly accounts: number
  readonly entries: number
  readonly holds: number
}

/** What became of a verification. */
export interface Verification {
  readonly apps: readonly VerifiedApp[]
  readonly answers: readonly Answer[]
  /** The answers that name broken rows: none in a ledger that is right. */
  readonly broken: readonly Answer[]
}

/** Told as a verification goes on. */
export interface VerificationProgress {
  /** Before the first question: how many will be asked. */
  onStart?(questions: number): void
  onQuestion?(app: string, invariant: string): void
  onAnswer?(answer: Answer): void
}

export interface VerifyOptions extends VerificationProgress {
  /** The apps to verify; all when left out. */
  readonly apps?: readonly string[]
  /** How many broken rows an answer names at most. */
  readonly maxRows?: number
}

const folder = new URL('../verify/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')

interface Question {
  readonly question: string
  readonly invariant: string
  readonly sql: string
}

/** The questions that are asked of each app: one file each, whose comment says what should hold. */
const questions: readonly Question[] = readdirSync(new URL('questions/', folder))
  .filter((file) => file.endsWith('.sql'))
  .sort()
  .map((file) => {
    const sql = read(`questions/${file}`)
    return { question: file.replace('.sql', ''), invariant: commentOf(sql), sql }
  })

/** How many broken rows of an answer are remembered. Where there are more, they are not what was in flight. */
const MAX_SUSPECTS = 10_000

/**
 * Checks every invariant of the ledger over all rows of the apps. All questions see one snapshot; nothing is locked, and
 * postings go on meanwhile. A question that finds broken rows is asked again in a newer snapshot, and those that it finds
 * both times are broken: on a cluster, half a transaction may be seen while its nodes commit. The connection's role must
 * see the apps' rows: the owner of the tables sees all.
 *
 * @throws Error on an app that the ledger does not know, and where there is no ledger.
 */
export async function verifyLedger(
  client: pg.ClientBase,
  { maxRows = 20, ...options }: VerifyOptions = {},
): Promise<Verification> {
  const apps: VerifiedApp[] = []
  const asked: { readonly app: string; readonly asking: Question; found: Found }[] = []
  await inSnapshot(client, async () => {
    const names = await chooseApps(client, options.apps)
    options.onStart?.(names.length * questions.length)
    for (const app of names) {
      const { rows } = await client.query<VerifiedApp>(read('size.sql'), [app])
      apps.push(...rows)
      for (const asking of questions) {
        options.onQuestion?.(app, asking.invariant)
        const found = await ask(client, asking.sql, app, maxRows)
        asked.push({ app, asking, found })
        if (found.count === 0) options.onAnswer?.(answerOf({ app, asking, found }))
      }
    }
  })

  const suspicious = asked.filter(({ found }) => found.count > 0)
  if (suspicious.length > 0) {
    await inSnapshot(client, async () => {
      for (const each of suspicious) {
        const { app, asking, found } = each
        options.onQuestion?.(app, asking.invariant)
        each.found = await ask(client, asking.sql, app, maxRows, found.names)
        options.onAnswer?.(answerOf(each))
      }
    })
  }
  const answers = asked.map(answerOf)
  return { apps, answers, broken: answers.filter(({ count }) => count > 0) }
}

async function inSnapshot(client: pg.ClientBase, read: () => Promise<void>): Promise<void> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    await client.query("SET LOCAL TimeZone = 'UTC'; SET LOCAL statement_timeout = 0")
    await read()
  } finally {
    await client.query('ROLLBACK').catch(() => {}) // a lost connection has said so already
  }
}

function answerOf({ app, asking, found }: { app: string; asking: Question; found: Found }): Answer {
  const { question, invariant } = asking
  return { app, question, invariant, count: found.count, rows: found.rows }
}

async function chooseApps(client: pg.ClientBase, names: readonly string[] | undefined): Promise<string[]> {
  const ledger = await client.query("SELECT WHERE to_regclass('ledger.apps') IS NOT NULL")
  if (ledger.rowCount === 0)
    throw new Error('The database has no ledger yet. Run its migrations: npm run migrate')
  const { rows } = await client.query<{ app: string }>(read('apps.sql'))
  const known = rows.map(({ app }) => app)
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new Error(`The ledger has no app "${unknown}". Its apps are: ${known.join(', ') || 'none'}.`)
  }
  return known.filter((app) => names?.includes(app) ?? true)
}

interface Found {
  readonly count: number
  readonly rows: readonly BrokenRow[]
  /** The names of all broken rows; null where they are more than MAX_SUSPECTS. */
  readonly names: ReadonlySet<string> | null
}

/**
 * Counts the rows as they come, and keeps the first: a badly broken ledger need not fit into memory.
 *
 * @param suspects the rows that count; all when null
 */
function ask(
  client: pg.ClientBase,
  text: string,
  app: string,
  maxRows: number,
  suspects: ReadonlySet<string> | null = null,
): Promise<Found> {
  const rows: BrokenRow[] = []
  const names = new Set<string>()
  let count = 0
  return new Promise((resolve, reject) => {
    const query = client.query(new pg.Query<BrokenRow>({ text, values: [app] }))
    query.on('row', (row) => {
      if (suspects?.has(row.broken) === false) return
      count += 1
      if (count <= maxRows) rows.push(row)
      if (count <= MAX_SUSPECTS) names.add(row.broken)
    })
    query.on('end', () => resolve({ count, rows, names: count <= MAX_SUSPECTS ? names : null }))
    query.on('error', reject)
  })
}

function commentOf(sql: string): string {
  const lines = sql.split('\n')
  const comment = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('--')),
  )
  return comment.map((line) => line.replace(/^-- ?/, '')).join(' ')
}
