import { expect, test } from 'vitest'
import { createDocumentCache } from '../src/document-cache.ts'

const many = Array.from({ length: 10_000 }, (_, index) => `query Q${index} { __typename }`)

/** How many of the texts a cache still has; asking makes those ones asked for again. */
function kept(cache: { get(text: string): unknown }, texts: readonly string[]): number {
  return texts.filter((text) => cache.get(text) !== undefined).length
}

test('a document is found by its text', () => {
  const cache = createDocumentCache<number>()
  expect(cache.get('{ a }')).toBeUndefined()
  cache.set('{ a }', 1)
  expect([cache.get('{ a }'), cache.get('{ a }'), cache.get('{ a  }')]).toEqual([1, 1, undefined])
})

test('a stream of ever new documents neither fills it nor pushes out one that is used', () => {
  const cache = createDocumentCache<number>()
  cache.set('{ used }', 1)
  cache.get('{ used }')
  for (const text of many) cache.set(text, 2)
  expect(cache.get('{ used }')).toBe(1)
  expect(kept(cache, many)).toBe(100)
})

test('documents that come twice push out the one that was used least lately', () => {
  const cache = createDocumentCache<number>()
  cache.set('{ used }', 1)
  cache.set('{ forgotten }', 1)
  cache.get('{ forgotten }')
  for (const text of many) {
    cache.get('{ used }')
    cache.set(text, 2)
    cache.get(text)
  }
  expect([cache.get('{ used }'), cache.get('{ forgotten }')]).toEqual([1, undefined])
  expect(kept(cache, many)).toBe(499)
})

test('what is kept has a length in all', () => {
  const cache = createDocumentCache<number>()
  const long = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(9000)}`)
  for (const text of long) cache.set(text, 1)
  expect(kept(cache, long)).toBe(5)
  for (const text of long) {
    cache.set(text, 1)
    cache.get(text)
  }
  expect(kept(cache, long)).toBe(22)
  cache.set('x'.repeat(10_001), 1)
  expect(cache.get('x'.repeat(10_001))).toBeUndefined()
})
