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

/** A statement that returns broken rows. */
export interface Asking {
  readonly text: string
  readonly values: readonly unknown[]
}

/** What statements have found. */
export interface Found {
  readonly count: number
  /** The first of them. */
  readonly rows: readonly BrokenRow[]
  /** The names of all broken rows; null where they are more than MAX_SUSPECTS. */
  readonly names: ReadonlySet<string> | null
}

/** How many broken rows are remembered by name. Where there are more, they are not what was in flight. */
const MAX_SUSPECTS = 10_000

/**
 * Asks one statement after another. Counts the rows as they come, and keeps the first: a badly broken ledger need not fit
 * into memory.
 *
 * @param suspects the rows that count; all when null
 */
export async function ask(
  client: pg.ClientBase,
  statements: Iterable<Asking> | AsyncIterable<Asking>,
  maxRows: number,
  suspects: ReadonlySet<string> | null = null,
): Promise<Found> {
  const rows: BrokenRow[] = []
  const names = new Set<string>()
  let count = 0
  const take = (row: BrokenRow) => {
    if (suspects?.has(row.broken) === false) return
    count += 1
    if (count <= maxRows) rows.push(row)
    if (count <= MAX_SUSPECTS) names.add(row.broken)
  }
  for await (const statement of statements) await run(client, statement, take)
  return { count, rows, names: count <= MAX_SUSPECTS ? names : null }
}

function run(client: pg.ClientBase, { text, values }: Asking, take: (row: BrokenRow) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = client.query(new pg.Query<BrokenRow>({ text, values: [...values] }))
    query.on('row', take)
    query.on('end', () => resolve())
    query.on('error', reject)
  })
}
