import type { KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { type AccountHead, leafHash, MerkleRoot } from '../proof/merkle.ts'
import { fingerprintOf, isSignedBy, type SignedRoot } from '../proof/signing.ts'
import { readFirstLine, readLine } from './lines.ts'

/** A checkpoint that was read to its end once. It is complete, and its signature is valid. */
export interface Checkpoint {
  /** The name of its file. */
  readonly name: string
  readonly signed: SignedRoot
  /** The books of its accounts. */
  readonly books: ReadonlySet<string>
  /**
   * Yields its accounts again, in order.
   *
   * @throws Error at the end when the file has changed since it was checked
   */
  accounts(): AsyncGenerator<AccountHead>
}

/**
 * Reads a checkpoint.
 *
 * @param publicKeys One of these keys must have signed it.
 * @throws Error when the file is not a checkpoint, was changed, or was signed with another key
 */
export async function openCheckpoint(file: string, publicKeys: readonly KeyObject[]): Promise<Checkpoint> {
  const name = path.basename(file)
  const books = new Set<string>()
  const accounts = read(file, publicKeys)
  try {
    while (true) {
      const { done, value } = await accounts.next()
      if (done) return { name, signed: value, books, accounts: () => again(file, value) }
      books.add(value.book)
    }
  } catch (error) {
    throw new Error(`${file} is refused: ${error instanceof Error ? error.message : error}.`, {
      cause: error,
    })
  }

  async function* again(file: string, first: SignedRoot): AsyncGenerator<AccountHead> {
    const accounts = read(file, publicKeys)
    while (true) {
      const { done, value } = await accounts.next()
      if (!done) yield value
      else if (value.signature === first.signature) return
      else throw new Error(`${file} is another file than a moment ago.`)
    }
  }
}

/** Yields the accounts of a file. Returns its root if the signature covers all of it. */
async function* read(
  file: string,
  publicKeys: readonly KeyObject[],
): AsyncGenerator<AccountHead, SignedRoot, undefined> {
  const stream = createReadStream(file)
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
  const tree = new MerkleRoot()
  let createdOn: string | undefined
  let before: AccountHead | undefined
  let signed: SignedRoot | undefined
  // The stream's error would otherwise not reach the code that reads its lines.
  const failed = new Promise<never>((_resolve, reject) => stream.once('error', reject))
  failed.catch(() => {})
  const iterator = lines[Symbol.asyncIterator]()
  while (true) {
    const { done, value: line } = await Promise.race([iterator.next(), failed])
    if (done) break
    if (createdOn === undefined) {
      createdOn = readFirstLine(line)
      continue
    }
    if (signed !== undefined) throw new Error('it goes on after the signed root')
    const part = readLine(line)
    if (!('head' in part)) {
      signed = { createdOn, ...part }
      continue
    }
    if (before !== undefined && compare(before, part) >= 0) throw new Error('its accounts are not in order')
    before = part
    tree.add(leafHash(part))
    yield part
  }
  if (signed === undefined) throw new Error('it is incomplete')
  assertSigned(signed, tree, publicKeys)
  return signed
}

function assertSigned(signed: SignedRoot, tree: MerkleRoot, publicKeys: readonly KeyObject[]): void {
  const key = publicKeys.find((each) => fingerprintOf(each) === signed.key)
  if (!key) throw new Error(`it was signed by another key, whose fingerprint is ${signed.key}`)
  const isWhole = tree.size === signed.accounts && tree.root().toString('hex') === signed.root
  if (!isWhole || !isSignedBy(signed, key)) throw new Error('it was changed after it was signed')
}

/** Compares accounts by the bytes of their texts. */
function compare(a: AccountHead, b: AccountHead): number {
  return (
    Buffer.compare(Buffer.from(a.book), Buffer.from(b.book)) ||
    Buffer.compare(Buffer.from(a.ownerId), Buffer.from(b.ownerId))
  )
}
