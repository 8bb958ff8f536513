import { expect, test } from 'vitest'
import { createDocumentCache } from '../src/document-cache.ts'

const many = Array.from({ length: 10_000 }, (_, index) => `query Q${index} { __typename }`)

/** Counts the texts that are in a cache. Looking a text up counts as asking for it again. */
function kept(cache: { get(text: string): unknown }, texts: readonly string[]): number {
  return texts.filter((text) => cache.get(text) !== undefined).length
}

test('a document is found by its text', () => {
  const cache = createDocumentCache<number>()
  expect(cache.get('{ a }')).toBeUndefined()
  cache.set('{ a }', 1)
  expect([cache.get('{ a }'), cache.get('{ a }'), cache.get('{ a  }')]).toEqual([1, 1, undefined])
})

test('a stream of new documents neither fills it nor pushes out a document in use', () => {
  const cache = createDocumentCache<number>()
  cache.set('{ used }', 1)
  cache.get('{ used }')
  for (const text of many) cache.set(text, 2)
  expect(cache.get('{ used }')).toBe(1)
  expect(kept(cache, many)).toBe(100)
})

test('documents that come twice push out the least recently used one', () => {
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

test('the total length of the cached documents is limited', () => {
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
