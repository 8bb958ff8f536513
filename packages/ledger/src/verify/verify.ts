import pg from 'pg'
import { type Question, questions, readSql } from './questions.ts'
import { inSnapshot, shareOut } from './snapshot.ts'

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
  /** Before the first question: in how many steps all are answered. */
  onStart?(steps: number): void
  onQuestion?(app: string, invariant: string): void
  /** After each step: a question, or one of its ranges of owners. */
  onStep?(): void
  onAnswer?(answer: Answer): void
}

export interface VerifyOptions extends VerificationProgress {
  /** The apps to verify; all when left out. */
  readonly apps?: readonly string[]
  /** How many broken rows an answer names at most. */
  readonly maxRows?: number
  /** More connections to the database, of the same role, which share the work. */
  readonly beside?: readonly pg.ClientBase[]
  /** About how many entries a range of owners has, for questions that are asked range by range. */
  readonly rangeSize?: number
}

/** How many broken rows of a question are remembered. Where there are more, they are not what was in flight. */
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
  { maxRows = 20, rangeSize = 50_000, beside = [], ...options }: VerifyOptions = {},
): Promise<Verification> {
  const clients = [client, ...beside] as const
  const apps: VerifiedApp[] = []
  const asked: Asked[] = []
  await inSnapshot(clients, async () => {
    for (const app of await chooseApps(client, options.apps)) {
      const { rows } = await client.query<VerifiedApp>(readSql('size.sql'), [app])
      apps.push(...rows)
      const ranges = await rangesOf(client, app, rangeSize)
      for (const asking of questions) {
        const parts = asking.isByOwners ? ranges.map((range) => [app, ...range]) : [[app]]
        asked.push({ app, asking, parts: parts.map((values) => ({ values, found: undefined })) })
      }
    }
    const steps = asked.flatMap((question) => question.parts.map((part) => ({ question, part })))
    options.onStart?.(steps.length)
    await shareOut(clients, steps, async (connection, { question, part }) => {
      const { app, asking, parts } = question
      if (part === parts[0]) options.onQuestion?.(app, asking.invariant)
      part.found = await ask(connection, asking.sql, part.values, maxRows)
      options.onStep?.()
      if (parts.every(({ found }) => found?.count === 0)) options.onAnswer?.(answerOf(question, maxRows))
    })
  })

  const suspicious = asked.filter((question) => countOf(question) > 0)
  if (suspicious.length > 0) {
    await inSnapshot(clients, async () => {
      for (const question of suspicious) {
        const { app, asking, parts } = question
        options.onQuestion?.(app, asking.invariant)
        await shareOut(clients, parts, async (connection, part) => {
          if (part.found?.count === 0) return
          part.found = await ask(connection, asking.sql, part.values, maxRows, part.found?.names)
        })
        options.onAnswer?.(answerOf(question, maxRows))
      }
    })
  }
  const answers = asked.map((question) => answerOf(question, maxRows))
  return { apps, answers, broken: answers.filter(({ count }) => count > 0) }
}

/** A question about an app, in parts: one for each range of owners where it is asked by them, else one. */
interface Asked {
  readonly app: string
  readonly asking: Question
  readonly parts: readonly { readonly values: readonly (string | null)[]; found: Found | undefined }[]
}

function countOf({ parts }: Asked): number {
  return parts.reduce((sum, { found }) => sum + (found?.count ?? 0), 0)
}

function answerOf(question: Asked, maxRows: number): Answer {
  const { app, asking, parts } = question
  const rows = parts.flatMap(({ found }) => found?.rows ?? []).slice(0, maxRows)
  return { app, question: asking.question, invariant: asking.invariant, count: countOf(question), rows }
}

/** Ranges of an app's owners: from one on, and before another or to the end. Together they have every owner. */
async function rangesOf(
  client: pg.ClientBase,
  app: string,
  size: number,
): Promise<[string, string | null][]> {
  const { rows } = await client.query<{ owner: string }>(readSql('ranges.sql'), [app, size])
  const starts = ['', ...rows.map(({ owner }) => owner)]
  return starts.map((start, index) => [start, starts[index + 1] ?? null])
}

async function chooseApps(client: pg.ClientBase, names: readonly string[] | undefined): Promise<string[]> {
  const ledger = await client.query("SELECT WHERE to_regclass('ledger.apps') IS NOT NULL")
  if (ledger.rowCount === 0)
    throw new Error('The database has no ledger yet. Run its migrations: npm run migrate')
  const { rows } = await client.query<{ app: string }>(readSql('apps.sql'))
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
  values: readonly (string | null)[],
  maxRows: number,
  suspects: ReadonlySet<string> | null = null,
): Promise<Found> {
  const rows: BrokenRow[] = []
  const names = new Set<string>()
  let count = 0
  return new Promise((resolve, reject) => {
    const query = client.query(new pg.Query<BrokenRow>({ text, values: [...values] }))
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
