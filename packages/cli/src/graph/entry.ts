import { exitCodes, UsageError } from '../exit.ts'
import { given } from '../questions.ts'
import { notFound } from './refusals.ts'
import type { Session } from './session.ts'
import { linesOfEntries, linesOfEntry, linesOfFields, metadataText } from './shown.ts'

interface Given {
  readonly positionals: readonly string[]
  readonly values: { readonly owner?: string | undefined; readonly nonce?: string | undefined }
}

/** Prints an entry, by its id or by its owner and nonce. */
export async function entry({ graph, answer }: Session, { positionals, values }: Given): Promise<number> {
  const { owner, nonce } = values
  if ((owner === undefined) !== (nonce === undefined))
    throw new UsageError('--owner and --nonce go together.')
  const byNonce = owner !== undefined && nonce !== undefined
  if (byNonce && positionals.length > 0) throw new UsageError('Give an id, or --owner and --nonce.')
  const found = byNonce
    ? await graph.entryByNonce(owner, nonce)
    : await graph.entry(await given(positionals[0], { name: 'ID', question: 'The id of the entry?' }))
  if (!found) throw notFound('entry')
  answer({ entry: found }, linesOfEntry(found))
  return exitCodes.done
}

/** Prints a transaction with its entries. */
export async function transaction(
  { graph, answer }: Session,
  { positionals }: Pick<Given, 'positionals'>,
): Promise<number> {
  const id = await given(positionals[0], { name: 'ID', question: 'The id of the transaction?' })
  const found = await graph.transaction(id)
  if (!found) throw notFound('transaction')
  const { nonce, createdOn: posted, metadata, entries } = found
  answer({ transaction: found }, [
    ...linesOfFields({ transaction: id, posted, nonce, metadata: metadataText(metadata) }),
    '',
    ...linesOfEntries(entries),
  ])
  return exitCodes.done
}
