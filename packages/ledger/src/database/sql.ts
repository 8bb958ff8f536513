/** A Prisma transaction: the `tx` of `prisma.$transaction`. A whole client is not a transaction and does not fit. */
export interface PrismaTransaction {
  $queryRaw<Result = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<Result>
  readonly $connect?: never
}

/**
 * Any other transaction: a function that runs one statement in it and returns its rows. In the text, `$1`, `$2` and so
 * on stand for the values: strings, numbers, booleans, null, and lists of these.
 */
export type RunSql = (text: string, values: unknown[]) => PromiseLike<readonly object[]>

/**
 * The app's own transaction, for `{ tx }`. Prisma's is passed directly. For node-postgres, Kysely and Drizzle use
 * `fromPg`, `fromKysely` and `fromDrizzle` of `@shared-ledger/ledger/pg`, `/kysely` and `/drizzle`. For another
 * library, pass a function.
 */
export type TransactionClient = PrismaTransaction | RunSql

/**
 * A function that runs work in a transaction. It commits and returns the work's result, or rolls back and throws the
 * work's error.
 */
export type RunTransaction<Tx> = <Result>(work: (tx: Tx) => Promise<Result>) => PromiseLike<Result>

/** Runs a statement of the ledger. In its text, `$1`, `$2` and so on occur in this order, each once. */
export type Sql = <Row>(text: string, values: readonly unknown[]) => PromiseLike<readonly Row[]>

/** Runs statements through a Prisma client, or a transaction of one. */
export function prismaSql(client: Pick<PrismaTransaction, '$queryRaw'>): Sql {
  return (text, values) => client.$queryRaw(templateOf(text), ...values)
}

/**
 * Runs statements in an app's own transaction.
 *
 * @throws TypeError when it is not a transaction
 */
export function sqlOf(tx: TransactionClient): Sql {
  if (typeof tx === 'function') return runSql(tx)
  if (typeof tx !== 'object' || tx === null || typeof tx.$queryRaw !== 'function') throw noTransaction()
  if (tx.$connect !== undefined) {
    throw new TypeError(
      '`tx` is a Prisma client. Give the transaction that `$transaction` hands to its callback.',
    )
  }
  return prismaSql(tx)
}

const noTransaction = () =>
  new TypeError(
    "`tx` is not a transaction. Pass Prisma's directly, another library's by fromPg, fromKysely or fromDrizzle, or a function.",
  )

/**
 * Every answer is read as text. An app may change how its driver reads JSON, numbers and moments, but nobody changes
 * how it reads text.
 */
function runSql(run: RunSql): Sql {
  return async <Row>(text: string, values: readonly unknown[]) => {
    const asText = `WITH line AS MATERIALIZED (${text}) SELECT row_to_json(line)::text AS line FROM line`
    const rows = await run(asText, [...values])
    return rows.map((row): Row => JSON.parse(textOf(row)))
  }
}

function textOf(row: object): string {
  if ('line' in row && typeof row.line === 'string') return row.line
  throw new TypeError(
    'The function given as `tx` must return the rows of its statement: objects with its columns.',
  )
}

/**
 * Makes a statement for Prisma. An app's Prisma client may come from another copy of Prisma, which does not recognise
 * our fragments.
 */
function templateOf(text: string): TemplateStringsArray {
  const strings = text.split(/\$\d+/)
  return Object.assign(strings, { raw: strings })
}
