import { parse } from 'graphql'
import { expect, it } from 'vitest'
import { isRepeatable } from '../src/repeatable.ts'

const post = parse(
  'mutation ($inputs: [PostLedgerEntryInput!]!) { postLedgerEntries(inputs: $inputs) { __typename } }',
)

it.each([
  [[{ nonce: 'a' }, { nonce: 'b' }], true],
  [[{ nonce: 'a' }, {}], false],
  [[{ nonce: 'a' }, { nonce: '' }], false],
  [[{ nonce: 'a' }, null], false],
  [[{ nonce: 'a' }, 'nonce'], false],
  [[], false],
  [{ nonce: 'a' }, true],
  [undefined, false],
])('inputs %j may be sent again: %s', (inputs, expected) => {
  expect(isRepeatable(post, { inputs })).toBe(expected)
})

it('a list of strings is not a nonce, even under that name', () => {
  const document = parse('mutation ($nonces: [String!]) { forget(nonce: $nonces) }')
  expect(isRepeatable(document, { nonces: ['a', 'b'] })).toBe(false)
})

it('lists in the text of a document count as well', () => {
  const document = (second: string) => parse(`mutation { post(all: [{ nonce: "a" }, { ${second} }]) { id } }`)
  expect(isRepeatable(document('nonce: "b"'), {})).toBe(true)
  expect(isRepeatable(document('text: "b"'), {})).toBe(false)
})
