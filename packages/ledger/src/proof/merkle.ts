import { int32, int64, sha256 } from './entry-form.ts'

// The Merkle tree of RFC 6962. The hashed bytes of a leaf begin with 00 and those of a node with 01, so that a leaf
// cannot pass for a node. A list whose length is not a power of two is split at the largest power of two below its
// length.

/** An account in a checkpoint. */
export interface AccountHead {
  readonly book: string
  readonly ownerId: string
  /** How many entries it has. */
  readonly seq: bigint
  /** The hash of its last entry: 32 bytes. */
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

/** Computes the root of leaves that are added one by one. It stores one hash for each power of two in their number. */
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

  /** Returns the root of the leaves so far. Without leaves it is the SHA-256 of nothing. */
  root(): Buffer {
    const [last, ...others] = this.#subtrees.map(({ hash }) => hash).reverse()
    return last === undefined ? sha256() : others.reduce((right, left) => nodeHash(left, right), last)
  }
}

/** A range of leaves whose root is in a path. `from` is included, `to` is not. */
interface Sibling {
  readonly from: number
  readonly to: number
}

/** Returns the ranges of the siblings on a leaf's way to the root, from the leaf up. */
function siblingsOf(index: number, size: number, from = 0): Sibling[] {
  if (size <= 1) return []
  const half = splitOf(size)
  const middle = from + half
  return index < middle
    ? [...siblingsOf(index, half, from), { from: middle, to: from + size }]
    : [...siblingsOf(index, size - half, middle), { from, to: middle }]
}

/** Returns the largest power of two below a size of 2 or more. */
function splitOf(size: number): number {
  let power = 1
  while (2 * power < size) power *= 2
  return power
}

/** Computes the path from one leaf to the root, from leaves that are added one by one. */
export class MerklePath {
  readonly #siblings: readonly (Sibling & { readonly tree: MerkleRoot })[]
  #next = 0

  /** @param index The leaf's index, from 0. @param size How many leaves will be added. */
  constructor(index: number, size: number) {
    this.#siblings = siblingsOf(index, size).map((sibling) => ({ ...sibling, tree: new MerkleRoot() }))
  }

  add(leaf: Buffer): void {
    this.#siblings.find(({ from, to }) => from <= this.#next && this.#next < to)?.tree.add(leaf)
    this.#next += 1
  }

  /** Returns the sibling hashes on the leaf's way to the root, from the leaf up. */
  path(): Buffer[] {
    return this.#siblings.map(({ tree }) => tree.root())
  }
}

/**
 * Returns the root that a leaf and its path lead to, or null when the path's length does not fit the index and the
 * size.
 */
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
