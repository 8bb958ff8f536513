import type pg from 'pg'
import { type EntryProof, type ProvenEntry, provenHead } from '../proof/inclusion.ts'
import { type AccountHead, leafHash, MerklePath } from '../proof/merkle.ts'
import { readSql } from '../verify/questions.ts'
import type { Checkpoint } from './read.ts'

/** The entry to prove, and the checkpoint to prove it with. */
export interface ProveOptions {
  readonly app: string
  /** The entry's id. */
  readonly id: string
  readonly checkpoint: Checkpoint
}

/**
 * Makes a proof that an entry was in the ledger when a checkpoint was made. The proof contains the entry. Of later
 * entries and other accounts it contains only hashes. The connection's role must see the app's rows.
 *
 * @throws Error when there is no such entry, when the checkpoint is older than the entry, or when the account's history
 *   differs from the checkpoint
 */
export async function proveEntry(
  client: pg.ClientBase,
  { app, id, checkpoint }: ProveOptions,
): Promise<EntryProof> {
  const entry = await findEntry(client, app, id)
  const found = await findAccount(checkpoint, entry)
  if (!found || found.account.seq < entry.seq) {
    throw new Error(
      `${checkpoint.name}, of ${checkpoint.signed.createdOn}, is older than entry ${id}. Make another: npx shared-ledger checkpoint`,
    )
  }
  const { account, index } = found
  const { rows } = await client.query<{ hash: Buffer; digest: Buffer; start: Buffer }>(
    readSql('digests.sql'),
    [
      entry.book,
      entry.ownerId,
      entry.seq - 1, // the hash of the entry before it is needed; the first entry has none
      account.seq,
    ],
  )
  const [first, ...others] = rows
  const isFirst = entry.seq === 1
  const before = isFirst ? first?.start : first?.hash
  const later = isFirst ? others : others.slice(1)
  const { accounts: size } = checkpoint.signed
  const path = new MerklePath(index, size)
  for await (const each of checkpoint.accounts()) path.add(leafHash(each))
  const hex = (bytes: Buffer | undefined) => bytes?.toString('hex') ?? ''
  const proof: EntryProof = {
    format: 'shared-ledger proof',
    version: 1,
    entry,
    before: hex(before),
    later: later.map(({ digest }) => hex(digest)),
    index,
    path: path.path().map(hex),
    checkpoint: checkpoint.signed,
  }
  const { seq, head } = provenHead(proof)
  if (seq !== account.seq || !head.equals(account.head)) {
    const compare = 'npx shared-ledger verify --checkpoint'
    throw new Error(
      `The history of ${JSON.stringify(entry.ownerId)} is not the one that ${checkpoint.name} has: entry ${id} cannot be proven. ` +
        `${compare} shows what was changed.`,
    )
  }
  return proof
}

async function findEntry(client: pg.ClientBase, app: string, id: string): Promise<ProvenEntry> {
  if (!/^[1-9]\d{0,17}$/.test(id)) throw new Error(`"${id}" is not the id of an entry.`)
  const { rows } = await client.query<Omit<ProvenEntry, 'createdOn'> & { createdOn: Date }>(
    readSql('entry.sql'),
    [app, id],
  )
  const [entry] = rows
  if (!entry) throw new Error(`The app ${app} has no entry ${id}.`)
  return { ...entry, createdOn: entry.createdOn.toISOString() }
}

/** Finds the account of an entry and its index in the checkpoint. */
async function findAccount(
  checkpoint: Checkpoint,
  { book, ownerId }: ProvenEntry,
): Promise<{ readonly account: AccountHead; readonly index: number } | undefined> {
  let found: { readonly account: AccountHead; readonly index: number } | undefined
  let index = 0
  for await (const account of checkpoint.accounts()) {
    if (account.book === book && account.ownerId === ownerId) found = { account, index }
    index += 1
  }
  return found
}
