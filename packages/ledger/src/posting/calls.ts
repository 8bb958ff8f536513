import type { Sql } from '../database/sql.ts'
import { tracing } from '../tracing.ts'
import { type Account, accountKey } from './accounts.ts'
import type { Draft, Line } from './draft.ts'
import { type Answer, type Appended, answerOf } from './outcome.ts'
import { postingSignals } from './signals.ts'

/** How a call waits for accounts that are locked elsewhere. */
interface LockWait {
  /** Whether to leave out the drafts for these accounts. */
  readonly skipBusy: boolean
  /** How long to wait for a lock. Null: as long as the connection's setting allows. */
  readonly lockMs: number | null
}

/**
 * Calls the database functions that post for an app. Each call is one statement with nothing else in it. Citus sends it
 * to the node of its first owner. A call over several shards has a FROM and stays where it is: a node keeps no
 * connection to another for a call that was sent to it.
 */
export function callsOf(
  app: string,
  {
    append: appends = true,
    isOverShards = () => false,
  }: {
    readonly append?: boolean | undefined
    /** Whether these accounts are in several shards of a cluster. */
    readonly isOverShards?: (accounts: readonly Account[]) => boolean
  } = {},
) {
  const post = `SELECT ledger.post_${app}($1::text, $2::text[], $3::int[], $4::json, $5::boolean, $6::int) AS answer`
  const postOverShards = `${post} FROM generate_series(1, 1)`
  const append = `SELECT ledger.append_${app}($1::text, $2::uuid, $3::text, $4::text, $5::text, $6::bigint, $7::bigint, $8::boolean, $9::int, $10::text) AS answer`
  const tryOut = `SELECT ledger.try_${app}($1::text, $2::text[], $3::int[], $4::json, $5::int) AS answer`

  /** Reports how long a call took, if anybody listens. */
  const told = async <Result>(drafts: number, run: () => Promise<Result>): Promise<Result> => {
    const started = performance.now()
    let failed = true
    try {
      const result = await run()
      failed = false
      return result
    } finally {
      postingSignals.call.tell({ app, drafts, ms: performance.now() - started, failed })
    }
  }

  const all = (drafts: readonly Draft[], accounts: readonly Account[]) => {
    const ownerIds = accounts.map(({ ownerId }) => ownerId)
    return [ownerIds[0], ownerIds, [ownerIds.length], JSON.stringify(columnsOf(app, drafts, accounts))]
  }
  const postAll = async (
    sql: Sql,
    drafts: readonly Draft[],
    accounts: readonly Account[],
    { skipBusy, lockMs }: LockWait,
  ): Promise<Answer> => {
    const [draft] = drafts
    const line = appends && draft && drafts.length === 1 ? plainLine(draft) : undefined
    if (!draft || !line) {
      const text = isOverShards(accounts) ? postOverShards : post
      return call<Answer>(sql, text, [...all(drafts, accounts), skipBusy, lockMs])
    }
    const { id, nonce } = draft
    const answer = await call<Answer | Appended>(sql, append, [
      ...[line.ownerId, id, nonce, metadataOf(draft), line.operation],
      ...[line.amount, line.requested, skipBusy, lockMs, line.book],
    ])
    return 'ids' in answer ? answer : answerOf(answer)
  }

  return {
    /** Posts drafts. `accounts` are those of `accountsOf`. */
    post(sql: Sql, drafts: readonly Draft[], accounts: readonly Account[], wait: LockWait): Promise<Answer> {
      const { tracer } = tracing
      const post = () => postAll(sql, drafts, accounts, wait)
      const run = tracer ? () => tracer.call({ app, drafts }, post) : post
      return postingSignals.call.isHeard ? told(drafts.length, run) : run()
    },
    /** Posts drafts and undoes it. */
    tryOut(
      sql: Sql,
      drafts: readonly Draft[],
      accounts: readonly Account[],
      { lockMs }: Pick<LockWait, 'lockMs'>,
    ): Promise<Answer> {
      return call(sql, tryOut, [...all(drafts, accounts), lockMs])
    },
  }
}

async function call<Result>(sql: Sql, text: string, values: readonly unknown[]): Promise<Result> {
  const [row] = await sql<{ readonly answer: Result }>(text, values)
  if (!row) throw new Error('the ledger gave no answer')
  return row.answer
}

/** Returns the line of a draft that is one plain entry. */
function plainLine({ lines, problems }: Draft): Line | undefined {
  const [line] = lines
  if (!line || lines.length > 1 || problems.length > 0 || line.limit || line.lot) return undefined
  const { reverses, refunds, captures, holdMs, releases, prolongs, overdraft, state, voids } = line
  const isPlain = [reverses, refunds, captures, holdMs, releases, prolongs, overdraft, state, voids].every(
    (value) => value === undefined,
  )
  return isPlain ? line : undefined
}

/** Returns the columns that ledger.post_<app> takes. A column without any value is left out. */
function columnsOf(app: string, drafts: readonly Draft[], accounts: readonly Account[]) {
  const numbers = new Map(accounts.map((account, index) => [accountKey(account), index + 1]))
  const lines = drafts.flatMap((draft) => draft.lines)
  const column = <Value>(of: (line: Line) => Value | undefined) =>
    lines.some((line) => of(line) !== undefined) ? lines.map((line) => of(line) ?? null) : undefined
  const metadata = drafts.map(metadataOf)
  return {
    book: accounts.some(({ book }) => book !== app) ? accounts.map(({ book }) => book) : undefined,
    id: drafts.map(({ id }) => id),
    nonce: drafts.map(({ nonce }) => nonce),
    metadata: metadata.some((text) => text !== null) ? metadata : undefined,
    invalid: drafts.some(isInvalid) ? drafts.map(isInvalid) : undefined,
    request: drafts.flatMap((draft, index) => draft.lines.map(() => index + 1)),
    account: lines.map((line) => numbers.get(accountKey(line))),
    operation: lines.map(({ operation }) => operation),
    amount: lines.map(({ amount }) => amount),
    requested: lines.map(({ requested }) => requested),
    limit_times: column(({ limit }) => limit?.times),
    limit_credits: column(({ limit }) => limit?.credits),
    limit_anchored: column(({ limit }) => limit?.anchored),
    limit_per: column(({ limit }) => limit?.per),
    reverses: column(({ reverses }) => reverses),
    refunds: column(({ refunds }) => refunds),
    captures: column(({ captures }) => captures),
    keeps: column(({ keeps }) => keeps),
    hold_ms: column(({ holdMs }) => holdMs),
    releases: column(({ releases }) => releases),
    prolongs: column(({ prolongs }) => prolongs),
    until: column(({ until }) => until),
    overdraft: column(({ overdraft }) => overdraft),
    state: column(({ state }) => state),
    lot: column(({ lot }) => lot),
    revive: column(({ revive }) => revive),
    voids: column(({ voids }) => voids),
    source: column(({ source }) => source),
  }
}

const isInvalid = ({ problems }: Draft) => problems.length > 0

function metadataOf({ metadata }: Draft): string | null {
  return Object.keys(metadata).length > 0 ? JSON.stringify(metadata) : null
}
