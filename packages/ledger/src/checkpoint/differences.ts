import type { AccountHead } from '../proof/merkle.ts'
import type { Asking } from '../verify/ask.ts'
import { readSql } from '../verify/questions.ts'
import type { Checkpoint } from './read.ts'

/** How many accounts one statement compares. */
const BATCH = 5_000

/** Yields the statements that find where an app's history differs from a checkpoint. Together they cover every owner. */
export async function* differences(checkpoint: Checkpoint, app: string): AsyncGenerator<Asking> {
  const text = readSql('differences.sql')
  let after = ''
  let accounts: AccountHead[] = []
  const compare = (upTo: string | null): Asking => ({
    text,
    values: [
      app,
      accounts.map(({ ownerId }) => ownerId),
      accounts.map(({ seq }) => seq),
      accounts.map(({ head }) => head),
      after,
      upTo,
      checkpoint.signed.createdOn,
    ],
  })
  for await (const account of checkpoint.accounts()) {
    if (account.book !== app) continue
    accounts.push(account)
    if (accounts.length < BATCH) continue
    yield compare(account.ownerId)
    after = account.ownerId
    accounts = []
  }
  yield compare(null)
}
