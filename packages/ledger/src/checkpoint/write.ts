import type { KeyObject } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import type pg from 'pg'
import { type AccountHead, leafHash, MerkleRoot } from '../proof/merkle.ts'
import { type SignedRoot, signRoot } from '../proof/signing.ts'
import { readSql } from '../verify/questions.ts'
import { inSnapshot } from '../verify/snapshot.ts'
import { accountLine, firstLine, lastLine } from './lines.ts'

/** What a checkpoint is made of. */
export interface CheckpointOptions {
  /** Where it is written: nothing stands there yet. Until it is whole, the file is refused as a checkpoint. */
  readonly file: string
  /** Signs it: Ed25519. */
  readonly privateKey: KeyObject
  /** Told before the first account: how many there will be. */
  onStart?(accounts: number): void
  /** Told as it goes on: how many accounts are written so far. */
  onProgress?(accounts: number): void
}

const BATCH = 10_000

/**
 * Writes a checkpoint: every account of the ledger with the hash of its last entry, as one snapshot has them, and their
 * Merkle root, signed. It takes little memory, however many accounts there are. The connection's role must see all rows.
 *
 * @returns the root as it was signed.
 * @throws Error where the database has no ledger, and what the file system says: EEXIST where the file is there already.
 */
export async function writeCheckpoint(
  client: pg.ClientBase,
  options: CheckpointOptions,
): Promise<SignedRoot> {
  const handle = await open(options.file, 'wx')
  try {
    const signed = await writeAll(client, options, (text) => handle.appendFile(text))
    await handle.sync()
    return signed
  } catch (error) {
    await rm(options.file, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

async function writeAll(
  client: pg.ClientBase,
  options: CheckpointOptions,
  write: (text: string) => Promise<void>,
): Promise<SignedRoot> {
  const tree = new MerkleRoot()
  let createdOn = ''
  await inSnapshot([client], async () => {
    createdOn = await beginningOf(client, options)
    await write(firstLine(createdOn))
    for await (const accounts of accountsOf(client)) {
      for (const account of accounts) tree.add(leafHash(account))
      await write(accounts.map(accountLine).join(''))
      options.onProgress?.(tree.size)
    }
  })
  const root = { createdOn, accounts: tree.size, root: tree.root().toString('hex') }
  const signed = signRoot(root, options.privateKey)
  await write(lastLine(signed))
  return signed
}

async function beginningOf(client: pg.ClientBase, { onStart }: CheckpointOptions): Promise<string> {
  const ledger = await client.query("SELECT WHERE to_regclass('ledger.accounts') IS NOT NULL")
  if (ledger.rowCount === 0)
    throw new Error('The database has no ledger yet. Run its migrations: npm run migrate')
  const { rows } = await client.query<{ now: Date; accounts: string }>(
    "SELECT date_trunc('milliseconds', ledger.now()) AS now, (SELECT count(*) FROM ledger.accounts) AS accounts",
  )
  const [start] = rows
  if (!start) throw new Error('PostgreSQL has not said what time it is.')
  onStart?.(Number(start.accounts))
  return start.now.toISOString()
}

async function* accountsOf(client: pg.ClientBase): AsyncGenerator<AccountHead[]> {
  await client.query(`DECLARE heads NO SCROLL CURSOR FOR ${readSql('heads.sql')}`)
  while (true) {
    const { rows } = await client.query<AccountHead & { seq: string }>(`FETCH ${BATCH} FROM heads`)
    if (rows.length === 0) return
    yield rows.map(({ seq, ...account }) => ({ ...account, seq: BigInt(seq) }))
  }
}
