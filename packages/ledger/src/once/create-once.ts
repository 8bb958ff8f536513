import { ledgerErrorOf } from '../database/database-errors.ts'
import type { RunTransaction } from '../database/sql.ts'
import { originalOf } from '../posting/provenance.ts'
import { backOff, maxAttempts, mayPass } from '../posting/retry.ts'
import type {
  AnyRow,
  LedgerOnce,
  OncePosting,
  OnceResult,
  OnceWork,
  Posted,
  PrismaTransactions,
  Replay,
} from './types.ts'
import { writeOnce } from './write-once.ts'

/** Makes `ledger.once`. Attempts begin within `patienceMs`. `wakeUp` is called when entries were committed. */
export function createOnce({
  patienceMs,
  wakeUp,
}: {
  readonly patienceMs: number
  readonly wakeUp: () => void
}): LedgerOnce['once'] {
  function once<Answer extends Posted>(work: OncePosting<Answer>): Promise<Answer & Replay>
  function once<Tx, Answer extends Posted, Row extends AnyRow>(
    transactions: PrismaTransactions<Tx> | RunTransaction<Tx>,
    work: OnceWork<Tx, Answer, Row>,
  ): Promise<OnceResult<Answer, Row>>
  async function once<Tx, Answer extends Posted, Row extends AnyRow>(
    first: PrismaTransactions<Tx> | RunTransaction<Tx> | OncePosting<Answer>,
    work?: OnceWork<Tx, Answer, Row>,
  ): Promise<Answer & Replay> {
    // A Prisma client may have a model of the name `post`.
    if (work) {
      const run = runOf(first)
      return retried(() => writeOnce(run, work, wakeUp), patienceMs)
    }
    if (!('post' in first)) throw misused()
    return retried(() => postOnce(first), patienceMs)
  }
  return once
}

function runOf<Tx>(
  transactions: PrismaTransactions<Tx> | RunTransaction<Tx> | OncePosting<Posted>,
): RunTransaction<Tx> {
  if (typeof transactions === 'function') return transactions
  if (!('$transaction' in transactions)) throw misused()
  return (work) => transactions.$transaction(work)
}

const misused = () =>
  new TypeError(
    '`once` takes a Prisma client or a function that runs a transaction, and the work; or `{ post }` alone.',
  )

async function postOnce<Answer extends Posted>({ post }: OncePosting<Answer>): Promise<Answer & Replay> {
  const result = await post()
  if (!result.ok) {
    const original = await originalOf<Answer>(result.error)
    if (!original) throw result.error
    return { ...original, replayed: true }
  }
  return { ...withoutOk<Answer>(result), replayed: false }
}

function withoutOk<Answer extends Posted>(result: { readonly ok: true } & Answer): Answer
function withoutOk({ ok: _, ...posted }: { readonly ok: true } & Posted): Posted {
  return posted
}

/** Makes attempts until one succeeds or fails for good. */
async function retried<Result>(attempt: () => Promise<Result>, patienceMs: number): Promise<Result> {
  const deadline = performance.now() + patienceMs
  for (let count = 1; ; count += 1) {
    try {
      return await attempt()
    } catch (error) {
      const passing = ledgerErrorOf(error)
      if (!mayPass(passing) || count === maxAttempts || performance.now() > deadline) throw error
      await backOff(passing, count)
    }
  }
}
