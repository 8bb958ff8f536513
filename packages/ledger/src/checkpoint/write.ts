import type { KeyObject } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import type pg from 'pg'
import { type AccountHead, leafHash, MerkleRoot } from '../proof/merkle.ts'
import { type SignedRoot, signRoot } from '../proof/signing.ts'
import { readSql } from '../verify/questions.ts'
import { inSnapshot } from '../verify/snapshot.ts'
import { accountLine, firstLine, lastLine } from './lines.ts'

/** How to make a checkpoint. */
export interface CheckpointOptions {
  /** The file to write, which must not exist yet. Until it is complete, it is refused as a checkpoint. */
  readonly file: string
  /** The Ed25519 key that signs it. */
  readonly privateKey: KeyObject
  /** Called before the first account, with the number of accounts. */
  onStart?(accounts: number): void
  /** Called now and then, with the number of accounts written so far. */
  onProgress?(accounts: number): void
}

const BATCH = 10_000

/**
 * Writes a checkpoint: every account of the ledger with the hash of its last entry, and their signed Merkle root. All
 * accounts come from one snapshot. It takes little memory, however many accounts there are. The connection's role must
 * see all rows.
 *
 * @returns the signed root
 * @throws Error when the database has no ledger, or the error of the file system, such as EEXIST when the file exists
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
    throw new Error('The database has no ledger yet. Run its migrations: npx shared-ledger migrate')
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
