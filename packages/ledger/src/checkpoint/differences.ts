import type { AccountHead } from '../proof/merkle.ts'
import type { Asking } from '../verify/ask.ts'
import { readSql } from '../verify/questions.ts'
import type { Checkpoint } from './read.ts'

/** How many accounts one statement compares. */
const BATCH = 5_000

/** An app, the books that it made, and the apps that use them. */
export interface AppBooks {
  readonly app: string
  readonly books: readonly string[]
  readonly users: readonly string[]
}

/**
 * Yields the statements that find where the history of an app's books differs from a checkpoint. Together they cover every
 * owner.
 */
export async function* differences(
  checkpoint: Checkpoint,
  { app, books, users }: AppBooks,
): AsyncGenerator<Asking> {
  for (const book of books) yield* differencesOf(checkpoint, { app, book, users })
}

async function* differencesOf(
  checkpoint: Checkpoint,
  { app, book, users }: { app: string; book: string; users: readonly string[] },
): AsyncGenerator<Asking> {
  const text = readSql('differences.sql')
  let after = ''
  let accounts: AccountHead[] = []
  const compare = (upTo: string | null): Asking => ({
    text,
    values: [
      app,
      book,
      users,
      accounts.map(({ ownerId }) => ownerId),
      accounts.map(({ seq }) => seq),
      accounts.map(({ head }) => head),
      after,
      upTo,
      checkpoint.signed.createdOn,
    ],
  })
  for await (const account of checkpoint.accounts()) {
    if (account.book !== book) continue
    accounts.push(account)
    if (accounts.length < BATCH) continue
    yield compare(account.ownerId)
    after = account.ownerId
    accounts = []
  }
  yield compare(null)
}
