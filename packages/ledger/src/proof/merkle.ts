import { int32, int64, sha256 } from './entry-form.ts'

// The Merkle tree of RFC 6962: what is hashed as a leaf begins with 00, as a node with 01, so that neither passes for the
// other; a list that is no power of two long is split at the largest one below its length.

/** An account as a checkpoint has it. */
export interface AccountHead {
  readonly book: string
  readonly ownerId: string
  /** How many entries it has. */
  readonly seq: bigint
  /** The hash of the last one: 32 bytes. */
  readonly head: Buffer
}

/** Returns the hash of an account as a leaf. */
export function leafHash({ book, ownerId, seq, head }: AccountHead): Buffer {
  const texts = [Buffer.from(book), Buffer.from(ownerId)]
  return sha256(Buffer.of(0), int64(seq), head, ...texts.flatMap((text) => [int32(text.length), text]))
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return sha256(Buffer.of(1), left, right)
}

/** The root over leaves that come one by one. It keeps a hash for each power of two that their number has. */
export class MerkleRoot {
  readonly #subtrees: { readonly size: number; readonly hash: Buffer }[] = []
  #size = 0

  add(leaf: Buffer): void {
    this.#size += 1
    let subtree = { size: 1, hash: leaf }
    for (let last = this.#subtrees.at(-1); last?.size === subtree.size; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop()
      subtree = { size: 2 * subtree.size, hash: nodeHash(last.hash, subtree.hash) }
    }
    this.#subtrees.push(subtree)
  }

  get size(): number {
    return this.#size
  }

  /** Returns the root of what was added; over nothing it is SHA-256 of nothing. */
  root(): Buffer {
    const [last, ...others] = this.#subtrees.map(({ hash }) => hash).reverse()
    return last === undefined ? sha256() : others.reduce((right, left) => nodeHash(left, right), last)
  }
}

/** A range of leaves of which a path has the root: from one, before another. */
interface Sibling {
  readonly from: number
  readonly to: number
}

/** The ranges beside a leaf on its way to the root, from the leaf up. */
function siblingsOf(index: number, size: number, from = 0): Sibling[] {
  if (size <= 1) return []
  const half = splitOf(size)
  const middle = from + half
  return index < middle
    ? [...siblingsOf(index, half, from), { from: middle, to: from + size }]
    : [...siblingsOf(index, size - half, middle), { from, to: middle }]
}

/** The largest power of two below a size from 2 on. */
function splitOf(size: number): number {
  let power = 1
  while (2 * power < size) power *= 2
  return power
}

/** Collects the path from one leaf to the root, out of all leaves that come one by one. */
export class MerklePath {
  readonly #siblings: readonly (Sibling & { readonly tree: MerkleRoot })[]
  #next = 0

  /** @param index the leaf's place, from 0; size: how many leaves will come. */
  constructor(index: number, size: number) {
    this.#siblings = siblingsOf(index, size).map((sibling) => ({ ...sibling, tree: new MerkleRoot() }))
  }

  add(leaf: Buffer): void {
    this.#siblings.find(({ from, to }) => from <= this.#next && this.#next < to)?.tree.add(leaf)
    this.#next += 1
  }

  /** Returns the hashes beside the leaf's way to the root, from the leaf up. */
  path(): Buffer[] {
    return this.#siblings.map(({ tree }) => tree.root())
  }
}

/** Returns the root that a leaf and its path lead to; null where the path is not as long as its place and the size say. */
export function rootFrom(
  leaf: Buffer,
  { index, size, path }: { readonly index: number; readonly size: number; readonly path: readonly Buffer[] },
): Buffer | null {
  const siblings = siblingsOf(index, size)
  if (index >= size || path.length !== siblings.length) return null
  return path.reduce((hash, beside, at) => {
    const isLeft = (siblings[at]?.from ?? 0) < index
    return isLeft ? nodeHash(beside, hash) : nodeHash(hash, beside)
  }, leaf)
}
