import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import {
  createSigningKey,
  openCheckpoint,
  readPrivateKey,
  readPublicKey,
  writeCheckpoint,
} from '../../src/checkpoint/index.ts'
import { intruder, sql } from '../verify/seed.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'checkpoints-'))
afterAll(() => rmSync(folder, { recursive: true }))

function newKey() {
  const { privateKey, publicKey } = createSigningKey()
  return { privateKey: readPrivateKey(privateKey), publicKey: readPublicKey(publicKey) }
}

export const key = newKey()
export const strangersKey = newKey()

let files = 0

/** Returns the path of a file that does not exist yet. */
export function newFile(): string {
  files += 1
  return path.join(folder, `checkpoint-${files}.jsonl`)
}

/** Writes a checkpoint and opens it. */
export async function makeCheckpoint(privateKey = key.privateKey) {
  const file = newFile()
  await writeCheckpoint(sql, { file, privateKey })
  return { file, checkpoint: await openCheckpoint(file, [key.publicKey, strangersKey.publicKey]) }
}

/** Recomputes all hashes of a book, as the database's owner can, so that the chain is valid again. */
export async function rechain(book: string): Promise<void> {
  await intruder.query(
    `DO $$
     DECLARE
       e record;
       hash bytea;
     BEGIN
       FOR e IN SELECT * FROM ledger.entries WHERE book = '${book}' ORDER BY owner_id, seq LOOP
         hash := ledger.next_hash(
           coalesce((SELECT b.hash FROM ledger.entries b WHERE b.book = e.book AND b.owner_id = e.owner_id AND b.seq = e.seq - 1),
                    ledger.chain_start(e.book, e.owner_id)),
           ledger.entry_form(e.app, e.book, e.owner_id, e.seq, e.id, e.operation, e.amount, e.balance_after, e.nonce, e.place,
             e.transaction_id, e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id));
         UPDATE ledger.entries u SET hash = hash.hash FROM (SELECT hash) hash WHERE u.app = e.app AND u.book = e.book AND u.owner_id = e.owner_id AND u.seq = e.seq;
         UPDATE ledger.accounts a SET head = hash.hash FROM (SELECT hash) hash WHERE a.book = e.book AND a.owner_id = e.owner_id;
       END LOOP;
     END $$`,
  )
}
