import { buildSchema, type GraphQLSchema } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createCountCost } from '../../src/cost/document-cost.ts'
import { createCounter } from './count.ts'

const sdl = `
  type Query {
    number: Int
    numbers: [Int]
    thing(id: ID): Thing
    things(first: Int = 7, last: Int): [Thing!]!
    limited(limit: Int): [Thing]
    byIds(ids: [ID!]!): [Thing]
    tagged(tags: [String]): [Thing]
    table: [[Int]]
    page(first: Int, last: Int): ThingConnection
    any: Any
    named: Named
    priced(days: Int, deep: Boolean): [Thing]
  }
  type Mutation { make(count: Int): Thing, makeAll(inputs: [Input!]!): [Thing!]! }
  type Subscription { made: Thing }
  input Input { x: Int }
  interface Named { name: String }
  type Thing implements Named { name: String, things: [Thing], other: Thing, old: [Thing] }
  type Plain implements Named { name: String, number: Int }
  union Any = Thing | Plain
  type ThingConnection { edges: [ThingEdge], pageInfo: PageInfo! }
  type ThingEdge { cursor: String, node: Thing }
  type PageInfo { hasNextPage: Boolean! }
`

/** Creates the schema. Some of its fields state their cost. */
function createSchema(costs: Record<string, unknown> = {}): GraphQLSchema {
  const schema = buildSchema(sdl)
  for (const [place, cost] of Object.entries(costs)) {
    const [typeName = '', fieldName = ''] = place.split('.')
    const type = schema.getType(typeName)
    const field = type && 'getFields' in type ? type.getFields()[fieldName] : undefined
    if (!field) throw new TypeError(`${place} is no field`)
    field.extensions = { cost }
  }
  return schema
}

const cost = createCounter(createSchema())

describe('a document costs', () => {
  test.each([
    ['1 for a scalar', '{ number }', 1],
    ['1 for a scalar under each alias', '{ a: number b: number __typename }', 3],
    ['1 for each of 100 scalars of a list', '{ numbers }', 100],
    ['all cells of a list of lists', '{ table }', 100 * 100],
    ['50 for an object, and its values', '{ thing { name } }', 50 + 1 + 1],
    ['100 objects of a list of which nothing is known', '{ tagged(tags: ["a"]) { name } }', 50 + 100 * 2],
    ['as many as first says', '{ things(first: 3) { name } }', 50 + 3 * 2],
    ['as many as the default of an argument says', '{ things { name } }', 50 + 7 * 2],
    ['as many as the larger of first and last says', '{ things(first: 9, last: 2) { name } }', 50 + 9 * 2],
    ['as many as limit says', '{ limited(limit: 2) { name } }', 50 + 2 * 2],
    ['none below zero', '{ limited(limit: -5) { name } }', 50],
    ['as many as a list has that must be given', '{ byIds(ids: ["1", "2", "3"]) { name } }', 50 + 3 * 2],
    ['one of a list that is given as its item', '{ byIds(ids: "1") { name } }', 50 + 2],
    ['20 nodes of a page', '{ page { edges { node { name } } } }', 50 + 20 * (1 + 3)],
    ['a page without nodes', '{ page(first: 0) { pageInfo { hasNextPage } } }', 50 + (1 + 2)],
    ['the nodes that are asked of a page', '{ page(last: 5) { edges { node { name } } } }', 50 + 5 * (1 + 3)],
    [
      'the product of lists in lists',
      '{ things(first: 3) { things { name } } }',
      50 + 3 * (1 + 50 + 100 * 2),
    ],
    ['5,000 for a mutation', 'mutation { make { name } }', 5000 + 2],
    ['what becomes of each input', 'mutation { makeAll(inputs: [{}, {}]) { name } }', 5000 + 2 * 2],
    ['one event of a subscription', 'subscription { made { name } }', 50 + 2],
    [
      'the most expensive member of a union',
      '{ any { ... on Thing { name other { name } } ... on Plain { number } } }',
      50 + 1 + 1 + 52,
    ],
    [
      'what all members share, once',
      '{ named { name ... on Thing { a: name } ... on Plain { b: number c: number } } }',
      50 + 1 + 3,
    ],
    [
      'what a fragment has, each time that it is spread',
      '{ a: thing { ...F } b: thing { ...F } } fragment F on Thing { name }',
      2 * 52,
    ],
    [
      'what is conditional as if it were there',
      '{ number @skip(if: true) a: number @include(if: false) }',
      2,
    ],
  ])('%s', (_, query, expected) => {
    expect(cost(query)).toBe(expected)
  })

  test.each([
    ['a number', { n: 4 }, 4],
    ['its default', {}, 6],
    ['null: what is usual', { n: null }, 100],
  ])('by a variable: %s', (_, variables, items) => {
    expect(cost('query ($n: Int = 6) { limited(limit: $n) { name } }', variables)).toBe(50 + items * 2)
  })

  test.each([
    ['a number', { n: 4 }, 4],
    ["nothing: the argument's default", {}, 7],
    ['null: what is usual', { n: null }, 100],
  ])('by the default of an argument when its variable has none: %s', (_, variables, items) => {
    expect(cost('query ($n: Int) { things(first: $n) { name } }', variables)).toBe(50 + items * 2)
  })

  test('the number of items of a list in a variable', () => {
    const query = 'mutation ($inputs: [Input!]!) { makeAll(inputs: $inputs) { name } }'
    expect(cost(query, { inputs: Array.from({ length: 1000 }, () => ({})) })).toBe(5000 + 1000 * 2)
  })
})

describe('a field states its cost', () => {
  test.each([
    ['a weight', { weight: 7 }, '{ priced { name } }', 7 + 100 * 2],
    ['a size', { size: 3 }, '{ priced { name } }', 50 + 3 * 2],
    ['a size of no item', { weight: 0, size: 0 }, '{ priced { name } }', 0],
    [
      'what an argument adds',
      { size: 1, argumentWeights: { deep: 1000 } },
      '{ priced(deep: false) { name } }',
      1052,
    ],
    [
      'nothing for it where it is not given',
      { size: 1, argumentWeights: { deep: 1000 } },
      '{ priced(deep: null) { name } }',
      52,
    ],
  ])('%s', (_, said, query, expected) => {
    expect(createCounter(createSchema({ 'Query.priced': said }))(query)).toBe(expected)
  })

  test('a size may depend on all arguments, after coercion', () => {
    const size = ({ days, deep }: Record<string, unknown>) => Number(days) * (deep ? 24 : 1)
    const count = createCounter(createSchema({ 'Query.priced': { weight: 0, size } }))
    const query = 'query ($days: Int = 2, $deep: Boolean) { priced(days: $days, deep: $deep) { name } }'
    expect(count(query)).toBe(2 * 2)
    expect(count(query, { days: 5, deep: true })).toBe(5 * 24 * 2)
    expect(count(query, { days: 'five' }), 'execution refuses it').toBe(0)
  })

  test('so may a weight', () => {
    const weight = ({ deep }: Record<string, unknown>) => (deep == null ? 1000 : 10)
    const count = createCounter(createSchema({ 'Query.priced': { weight, size: 1 } }))
    const query = 'query ($deep: Boolean) { priced(deep: $deep) { name } }'
    expect(count(query)).toBe(1000 + 2)
    expect(count(query, { deep: false })).toBe(10 + 2)
    expect(count(query, { deep: 'yes' }), 'execution refuses it').toBe(2)
  })

  test.each([
    [{ weight: -1 }],
    [{ weight: '5' }],
    [{ size: {} }],
    [{ argumentWeights: { deep: -1 } }],
    [{ wieght: 5 }],
    [5],
    [null],
  ])('%j is refused, and the error names the field', (said) => {
    expect(() => createCountCost(createSchema({ 'Query.priced': said }))).toThrow(
      'The cost of Query.priced must be',
    )
  })
})

describe('the time to count a cost grows with the document', () => {
  const fragments = (count: number, body: (next: string) => string) =>
    Array.from({ length: count }, (_, i) => `fragment F${i} on Thing { ${body(`...F${i + 1}`)} }`).join('\n')

  test('of fragments that each spread the next one twice', () => {
    const query = `{ thing { ...F0 } } ${fragments(200, (next) => `${next} ${next}`)} fragment F200 on Thing { name }`
    expect(cost(query)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('of fragments that each go twice into a list', () => {
    const below = (next: string) => `a: things { ${next} } b: things { ${next} }`
    const query = `{ thing { ...F0 } } ${fragments(150, below)} fragment F150 on Thing { name }`
    expect(cost(query)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('of lists 500 deep', () => {
    expect(cost(`{ thing { ${'things { '.repeat(500)} name ${'} '.repeat(500)} } }`)).toBe(
      Number.MAX_SAFE_INTEGER,
    )
  })
})
