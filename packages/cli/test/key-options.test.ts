import { expect, test } from 'vitest'
import { readNewKey } from '../src/key-options.ts'

test.each([
  ['nothing', ''],
  ['more characters than an id has', 'x'.repeat(256)],
  ['NUL', 'a\0'],
  ['half a character', '\ud83d'],
])('an owner is not %s', (_, owner) => {
  expect(() => readNewKey({ name: 'a', owner })).toThrow('--owner must be the id of an owner')
})

test('an owner may have as many characters as an id allows, of any kind', () => {
  const owner = '😀'.repeat(255)
  expect(readNewKey({ name: 'a', owner })).toMatchObject({ ownerId: owner, scopes: [] })
})
