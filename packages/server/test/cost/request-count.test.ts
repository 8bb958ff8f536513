import { parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { mutationWeight } from '../../src/cost/field-cost.ts'
import { costPerRequest, countRequests } from '../../src/cost/request-count.ts'

const count = (
  query: string,
  variableValues: Record<string, unknown> = {},
  cost = 0,
  operationName?: string,
) => countRequests({ document: parse(query), variableValues, operationName }, cost)
const items = (length: number) => Array.from({ length }, (_, index) => ({ nonce: `${index}` }))

describe('a mutation counts for each item of its lists', () => {
  test.each([
    ['none', 'mutation { post(input: { amount: 1 }) }', {}, 1],
    [
      'of a variable',
      'mutation ($inputs: [In!]!) { postAll(inputs: $inputs) }',
      { inputs: items(1000) },
      1000,
    ],
    ['of a literal', 'mutation { postAll(inputs: [{ amount: 1 }, { amount: 2 }]) }', {}, 2],
    ['of a default', 'mutation ($inputs: [In!] = [{}, {}, {}]) { postAll(inputs: $inputs) }', {}, 3],
    [
      'in an object',
      'mutation ($input: In!) { post(input: $input) }',
      { input: { entries: items(100) } },
      100,
    ],
    [
      'in an object of a literal',
      'mutation ($e: [E!]!) { post(input: { entries: $e }) }',
      { e: items(7) },
      7,
    ],
    ['of lists', 'mutation ($l: [[In!]!]!) { all(l: $l) }', { l: [items(3), items(4), []] }, 8],
    [
      'in a list',
      'mutation ($l: [T!]!) { all(l: $l) }',
      { l: [{ entries: items(3) }, { entries: items(4) }] },
      7,
    ],
    [
      'one value in place of a list',
      'mutation ($inputs: [In!]!) { postAll(inputs: $inputs) }',
      { inputs: {} },
      1,
    ],
    ['null', 'mutation ($inputs: [In!]) { postAll(inputs: $inputs) }', { inputs: null }, 1],
  ])('%s', (_, query, variables, expected) => {
    expect(count(query, variables)).toBe(expected)
  })

  test('each of its fields once, however it is selected', () => {
    expect(count('mutation { a: post b: post c: post }')).toBe(3)
    expect(
      count('mutation { post post ... { post } ...F ...F } fragment F on Mutation { post b: post }'),
    ).toBe(2)
    const many = Array.from({ length: 300 }, (_, index) => `a${index}: postAll(inputs: $inputs)`).join(' ')
    expect(count(`mutation ($inputs: [In!]!) { ${many} }`, { inputs: items(1000) })).toBe(300_000)
  })

  test('fragments that spread one another cost nothing to count', () => {
    const fragments = Array.from({ length: 40 }, (_, index) => {
      const next = index < 39 ? `...F${index + 1} ...F${index + 1}` : 'post'
      return `fragment F${index} on Mutation { ${next} }`
    })
    expect(count(`mutation { ...F0 } ${fragments.join(' ')}`)).toBe(1)
  })

  test('or by what it reads, if that is more', () => {
    expect(count('mutation { post }', {}, mutationWeight + 60)).toBe(1)
    expect(count('mutation { post }', {}, mutationWeight + 7 * costPerRequest)).toBe(7)
    expect(count('mutation ($i: [In!]!) { postAll(inputs: $i) }', { i: items(1000) }, 66_000)).toBe(1000)
  })
})

test('reads count by their cost', () => {
  expect(count('{ balance }', {}, 52)).toBe(1)
  expect(count('{ entries }', {}, costPerRequest)).toBe(1)
  expect(count('{ summary }', {}, costPerRequest + 1)).toBe(2)
  expect(count('subscription { posted }', {}, 200_000)).toBe(200_000 / costPerRequest)
  expect(count('query A { a } mutation B { b c: b }', {}, 10, 'A')).toBe(1)
  expect(count('query A { a } mutation B { b c: b }', {}, 10, 'B')).toBe(2)
  expect(count('query A { a } mutation B { b c: b }', {}, 0)).toBe(1) // nothing is executed
})
