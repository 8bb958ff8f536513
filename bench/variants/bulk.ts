import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { closedLoop } from '../closed-loop.ts'
import { ownerDraw } from '../owners.ts'
import { amount, app, postingFor } from '../posting.ts'
import type { Variant } from '../rounds.ts'
import type { Context } from './context.ts'

export const bulk = { ledger: 'bulk/post-entries', copy: 'bulk/copy' } as const

/** Any hash will do, because copied rows are not verified. */
const hash = `\\\\x${'00'.repeat(32)}`

const copyStatement = `COPY bench_copy.entries
  (app, book, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, created_on, hash) FROM STDIN`

/** A list of entries in one call of the ledger, and the same rows by COPY, the cheapest way to write them. */
export function bulkVariants({ ledger, pool, sizes }: Context): Variant[] {
  const draw = ownerDraw('uniform', sizes)
  const drawPostings = () => Array.from({ length: sizes.bulk }, () => postingFor(draw()))
  const variant = (name: string, send: () => Promise<void>): Variant => ({
    name,
    unit: 'entries/s',
    async measure(seconds) {
      return (await closedLoop({ callers: 1, seconds }, send)).callsPerSecond * sizes.bulk
    },
  })
  let seq = 1_000_000_000
  return [
    variant(bulk.ledger, async () => {
      for (const result of await ledger.postEntries(drawPostings())) if (!result.ok) throw result.error
    }),
    variant(bulk.copy, async () => {
      const now = new Date().toISOString()
      const rows = drawPostings().map(({ ownerId, operation, nonce }) => {
        seq += 1
        return [app, app, ownerId, seq, operation, -amount, seq, nonce, uuidv7(), now, hash].join('\t')
      })
      await copyRows(pool, rows.join('\n'))
    }),
  ]
}

/** Sends the text of a COPY in one message. */
async function copyRows(pool: pg.Pool, text: string): Promise<void> {
  const client = await pool.connect()
  try {
    await new Promise<void>((resolve, reject) => {
      const answered = (error: Error | undefined) => (error ? reject(error) : resolve())
      client.query(
        Object.assign(new pg.Query(copyStatement, undefined, answered), {
          handleCopyInResponse(connection: { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }) {
            connection.sendCopyFromChunk(Buffer.from(text))
            connection.endCopyFrom()
          },
        }),
      )
    })
  } finally {
    client.release()
  }
}
