/** A Prisma transaction: the `tx` of `prisma.$transaction`. A whole client has no transaction, and does not fit. */
export interface PrismaTransaction {
  $queryRaw<Result = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<Result>
  readonly $connect?: never
}

/**
 * Any other transaction: a function that runs one statement in it, and returns its rows. `$1`, `$2` and so on in the text
 * stand for the values, which are strings, numbers, booleans, null and lists of them.
 */
export type RunSql = (text: string, values: unknown[]) => PromiseLike<readonly object[]>

/**
 * The app's own transaction, for `{ tx }`: Prisma's as it is; those of node-postgres, Kysely and Drizzle by `fromPg`,
 * `fromKysely` and `fromDrizzle` of `@shared-ledger/ledger/pg`, `/kysely` and `/drizzle`; another library's by a function.
 */
export type TransactionClient = PrismaTransaction | RunSql

/**
 * A function that runs work in a transaction: commits it and returns the work's result, or rolls it back and throws what
 * the work has thrown.
 */
export type RunTransaction<Tx> = <Result>(work: (tx: Tx) => Promise<Result>) => PromiseLike<Result>

/** Runs a statement of the ledger. In its text `$1`, `$2` and so on come in this order, each once. */
export type Sql = <Row>(text: string, values: readonly unknown[]) => PromiseLike<readonly Row[]>

/** Statements through a Prisma client, or a transaction of one. */
export function prismaSql(client: Pick<PrismaTransaction, '$queryRaw'>): Sql {
  return (text, values) => client.$queryRaw(templateOf(text), ...values)
}

/**
 * Statements in an app's own transaction.
 * @throws TypeError on what is none.
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
    "`tx` is no transaction: give Prisma's as it is, another library's by fromPg, fromKysely or fromDrizzle, or a function.",
  )

/** Every answer comes as text: an app sets how its driver reads JSON, numbers and moments, and nobody sets that of text. */
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

/** A statement as Prisma takes it. An app's Prisma client may be of another copy of Prisma, which knows no parts of ours. */
function templateOf(text: string): TemplateStringsArray {
  const strings = text.split(/\$\d+/)
  return Object.assign(strings, { raw: strings })
}
