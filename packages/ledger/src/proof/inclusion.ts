import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { type ChainedEntry, chainStart, entryForm, nextHash, sha256 } from './entry-form.ts'
import { leafHash, rootFrom } from './merkle.ts'
import { hash, moment, rootShape } from './shapes.ts'
import { isSignedBy, readPublicKey } from './signing.ts'

const id = z.string().regex(/^[1-9]\d{0,17}$/)
// An unpaired surrogate has no UTF-8 bytes of its own.
const text = z.string().refine((value) => value.isWellFormed())

const entryShape = z.strictObject({
  app: text,
  book: text,
  ownerId: text,
  seq: z.int().min(1),
  id,
  operation: text,
  amount: z.int(),
  balanceAfter: z.int(),
  nonce: text,
  place: z.int().min(1).max(100),
  transactionId: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  metadata: z.record(text, text),
  createdOn: moment,
  reverses: id.nullable(),
  refunds: id.nullable(),
  holdId: id.nullable(),
})

const proofShape = z.strictObject({
  format: z.literal('shared-ledger proof'),
  version: z.literal(1),
  entry: entryShape,
  /** The hash of the account's entry before this one. */
  before: hash,
  /** SHA-256 of the canonical form of each later entry of the account, up to the checkpoint. */
  later: z.array(hash),
  /** The account's index in the checkpoint, from 0. `path` has the sibling hashes up to the root. */
  index: z.int().min(0),
  path: z.array(hash),
  checkpoint: z.strictObject({ createdOn: moment, ...rootShape }),
})

/**
 * A proof that an entry was in the ledger when a checkpoint was made, for anybody with the public key. It is plain
 * JSON.
 */
export type EntryProof = z.infer<typeof proofShape>

/** An entry in a proof. Ids are strings, and `createdOn` is ISO 8601. */
export type ProvenEntry = EntryProof['entry']

/** The result of checking a proof. */
export type ProofCheck =
  | {
      readonly ok: true
      readonly entry: ProvenEntry /** The checkpoint's date. */
      readonly provenOn: string
    }
  | { readonly ok: false; readonly reason: string }

/**
 * Checks a proof without a database. It computes the entry's hash, then the hashes of later entries up to the account's
 * head, then the root over all accounts, and verifies the root's signature.
 *
 * @param publicKey In PEM, or a key of node:crypto.
 * @example
 * ```ts
 * const check = checkProof(JSON.parse(readFileSync('proof.json', 'utf8')), readFileSync('checkpoint.key.pub', 'utf8'))
 * if (check.ok) console.log(check.entry.amount)
 * ```
 */
export function checkProof(proof: unknown, publicKey: KeyObject | string): ProofCheck {
  const parsed = proofShape.safeParse(proof)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refused(
      `It is not a proof of version 1: ${issue?.path.join('.') || 'all of it'}: ${issue?.message}.`,
    )
  }
  const { entry, before, index, path, checkpoint } = parsed.data
  const key = typeof publicKey === 'string' ? readPublicKey(publicKey) : publicKey
  if (!isSignedBy(checkpoint, key)) return refused('Its checkpoint was not signed by this key.')
  const start = chainStart(entry.book, entry.ownerId)
  if (entry.seq === 1 && !start.equals(bytes(before))) {
    return refused("The hash before its first entry is not the beginning of the account's chain.")
  }
  const account = { book: entry.book, ownerId: entry.ownerId, ...provenHead(parsed.data) }
  const size = checkpoint.accounts
  const root = rootFrom(leafHash(account), { index, size, path: path.map(bytes) })
  if (root?.toString('hex') !== checkpoint.root) {
    return refused('The entry does not lead to the root that was signed: something was changed.')
  }
  return { ok: true, entry, provenOn: checkpoint.createdOn }
}

/** Returns the head that a proof leads to, and the seq of the head's entry. */
export function provenHead({ entry, before, later }: Pick<EntryProof, 'entry' | 'before' | 'later'>): {
  readonly seq: bigint
  readonly head: Buffer
} {
  const digests = [sha256(entryForm(chainedOf(entry))), ...later.map(bytes)]
  const head = digests.reduce((hash, digest) => nextHash(hash, digest), bytes(before))
  return { seq: BigInt(entry.seq + later.length), head }
}

function refused(reason: string): ProofCheck {
  return { ok: false, reason }
}

const bytes = (hex: string) => Buffer.from(hex, 'hex')

/** Converts the entry of a proof to the numbers that are hashed. */
function chainedOf(entry: ProvenEntry): ChainedEntry {
  const optional = (id: string | null) => (id === null ? null : BigInt(id))
  return {
    ...entry,
    seq: BigInt(entry.seq),
    id: BigInt(entry.id),
    amount: BigInt(entry.amount),
    balanceAfter: BigInt(entry.balanceAfter),
    createdOn: BigInt(Date.parse(entry.createdOn)) * 1000n,
    reverses: optional(entry.reverses),
    refunds: optional(entry.refunds),
    holdId: optional(entry.holdId),
  }
}
