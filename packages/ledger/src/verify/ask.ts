import pg from 'pg'

/** A row that breaks an invariant. */
export interface BrokenRow {
  /** Names the row, such as `entry 17 (seq 3 of "ada")`. */
  readonly broken: string
  /** What the row has. */
  readonly found: string
  /** What the row should have. */
  readonly expected: string
}

/** A statement that returns broken rows. */
export interface Asking {
  readonly text: string
  readonly values: readonly unknown[]
}

/** The rows that statements have found. */
export interface Found {
  readonly count: number
  /** The first of the rows. */
  readonly rows: readonly BrokenRow[]
  /** The names of all broken rows. Null when there are more than MAX_SUSPECTS. */
  readonly names: ReadonlySet<string> | null
}

/** How many broken rows are remembered by name. More than this cannot all come from postings in flight. */
const MAX_SUSPECTS = 10_000

/**
 * Runs statements one after another. Counts the rows and keeps only the first ones, so that a badly broken ledger fits
 * into memory.
 *
 * @param suspects The names of the rows that count. When null, all rows count.
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
