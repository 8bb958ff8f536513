import fc from 'fast-check'
import {
  buildSchema,
  type GraphQLOutputType,
  getNullableType,
  getOperationAST,
  graphql,
  isListType,
  isObjectType,
  isScalarType,
  parse,
  validate,
} from 'graphql'
import { expect, test } from 'vitest'
import { createCountCost } from '../../src/cost/document-cost.ts'
import { requestsFor } from '../generated-documents.ts'

const schema = buildSchema(`
  type Query { thing: Thing, things(first: Int): [Thing!]!, any: Any, named: [Named!], numbers: [Int] }
  type Mutation { makeAll(inputs: [Input!]!): [Any!]!, make: Thing }
  input Input { number: Int, inputs: [Input!] }
  interface Named { name: String, things(first: Int): [Thing] }
  type Thing implements Named {
    name: String, things(first: Int): [Thing], any: [Any], page(first: Int = 2, last: Int): ThingConnection
  }
  type Plain implements Named { name: String, things(first: Int): [Thing], number: Int, named: Named }
  union Any = Thing | Plain
  type ThingConnection { edges: [ThingEdge], pageInfo: PageInfo! }
  type ThingEdge { cursor: String, node: Thing }
  type PageInfo { hasNextPage: Boolean! }
`)

/** The fields return as many values as they may: the number in an argument, or 3 without one. */
const usualSize = 3
let made = 0

function allOf(type: GraphQLOutputType, size: number): unknown {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return Array.from({ length: size }, () => allOf(nullable.ofType, size))
  if (isScalarType(nullable)) return 1
  made += 1
  const edge = { cursor: 'c', node: {} }
  return {
    __typename: made % 2 === 0 ? 'Thing' : 'Plain',
    edges: Array.from({ length: size }, () => edge),
    pageInfo: { hasNextPage: true },
  }
}

for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
  if (/^(?:__|ThingConnection|ThingEdge|PageInfo)/.test(type.name)) continue
  for (const field of Object.values(type.getFields())) {
    const isPlainList = isListType(getNullableType(field.type)) && field.args.length === 0
    // Without weights, the cost is the number of values.
    field.extensions = { cost: { weight: 0, ...(isPlainList && { size: usualSize }) } }
    field.resolve = (_source, { first, last, inputs }) => {
      const given = [first, last, inputs?.length].filter((size) => typeof size === 'number')
      return allOf(field.type, given.length > 0 ? Math.max(0, ...given) : usualSize)
    }
  }
}

/** Counts the values of an answer: the items of its lists, objects, and scalars, null included. */
function countValues(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + countValues(item), 0)
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum, part) => sum + countValues(part), 1)
}

const countCost = createCountCost(schema)

test('no answer has more values than the counted cost of its document', async () => {
  let answered = 0
  await fc.assert(
    fc.asyncProperty(requestsFor(schema), async ({ query, variables }) => {
      const document = parse(query)
      const operation = getOperationAST(document)
      if (!operation || validate(schema, document).length > 0) return
      const { cost } = countCost(document, operation, variables)
      if (cost > 20_000) return
      const { data } = await graphql({ schema, source: query, variableValues: variables })
      if (!data) return
      answered += 1
      expect(countValues(data) - 1).toBeLessThanOrEqual(cost)
    }),
    { numRuns: 1_500 },
  )
  expect(answered).toBeGreaterThan(100)
})
