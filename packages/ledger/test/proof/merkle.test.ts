import { expect, test } from 'vitest'
import { sha256 } from '../../src/proof/entry-form.ts'
import { leafHash, MerklePath, MerkleRoot, rootFrom } from '../../src/proof/merkle.ts'

const leafOf = (bytes: Buffer) => sha256(Buffer.of(0), bytes)

function rootOf(leaves: readonly Buffer[]): Buffer {
  const tree = new MerkleRoot()
  for (const leaf of leaves) tree.add(leaf)
  return tree.root()
}

function pathOf(leaves: readonly Buffer[], index: number): Buffer[] {
  const path = new MerklePath(index, leaves.length)
  for (const leaf of leaves) path.add(leaf)
  return path.path()
}

test('the roots follow RFC 6962, checked with the vectors of Certificate Transparency', () => {
  const leaves = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map((hex) => leafOf(Buffer.from(hex, 'hex')))
  expect(leaves.map((_leaf, index) => rootOf(leaves.slice(0, index + 1)).toString('hex'))).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ])
  expect(rootOf([])).toEqual(sha256())
})

test('a path leads to the root only from its own leaf, index and size', () => {
  const all = Array.from({ length: 40 }, (_, index) => leafOf(Buffer.of(index)))
  for (let size = 1; size <= all.length; size += 1) {
    const leaves = all.slice(0, size)
    const root = rootOf(leaves).toString('hex')
    const leadsTo = (leaf: Buffer, place: Parameters<typeof rootFrom>[1]) =>
      rootFrom(leaf, place)?.toString('hex') === root
    for (const [index, leaf] of leaves.entries()) {
      const path = pathOf(leaves, index)
      expect(leadsTo(leaf, { index, size, path })).toBe(true)
      expect(leadsTo(leafOf(Buffer.of(200)), { index, size, path })).toBe(false)
      for (const other of leaves.keys()) {
        if (other !== index) expect(leadsTo(leaf, { index: other, size, path })).toBe(false)
      }
      expect(leadsTo(leaf, { index: size, size, path })).toBe(false)
      expect(leadsTo(leaf, { index, size, path: [...path, root].map(() => leaf) })).toBe(false)
      if (size > 1) expect(leadsTo(leaf, { index, size, path: path.slice(1) })).toBe(false)
    }
  }
})

test('different accounts have different leaves, wherever a name ends', () => {
  const head = sha256()
  const account = { book: 'content', ownerId: 'ada', seq: 1n, head }
  const others = [
    { ...account, seq: 2n },
    { ...account, head: sha256(head) },
    { ...account, book: 'conten', ownerId: 'tada' },
    { ...account, ownerId: 'adA' },
  ]
  const leaves = [account, ...others].map((each) => leafHash(each).toString('hex'))
  expect(new Set(leaves).size).toBe(leaves.length)
})
