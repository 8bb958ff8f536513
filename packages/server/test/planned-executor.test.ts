import { normalizedExecutor } from '@graphql-tools/executor'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { createPlannedExecutor } from '../src/executor/planned-executor.ts'
import { createConformanceSchema } from './conformance-schema.ts'

const { schema, calls } = createConformanceSchema()

test('a document is planned when it comes the second time', async () => {
  const execute = createPlannedExecutor()
  const args = { schema, document: parse('{ node { id late } }'), contextValue: {} }
  expect(execute(args)).toBeUndefined()
  expect(calls()).toBe(0)
  expect(JSON.stringify(await execute(args))).toBe(JSON.stringify(await normalizedExecutor(args)))
})

test.each([
  ['a subscription', 'subscription { counted }', {}],
  ['a response name that makes a result look like a promise', '{ then: __typename }', {}],
  ['an input of which one field is given', 'query ($of: Choice) { choice(of: $of) }', { of: { a: 1 } }],
  ['a variable that is not of its type', 'query ($n: Int) { echo(int: $n) }', { n: 'one' }],
  ['more fields than are worth planning', `{ ${fields(2001)} }`, {}],
  ['an operation that is not there', 'query A { __typename } query B { __typename }', {}],
])('%s has no plan, and runs no resolver', (_, query, variableValues) => {
  const execute = createPlannedExecutor()
  const args = { schema, document: parse(query), variableValues, contextValue: {} }
  const before = calls()
  for (let time = 0; time < 3; time += 1) expect(execute(args)).toBeUndefined()
  expect(calls()).toBe(before)
})

test('the operations of a document share what may be planned for it', () => {
  const execute = createPlannedExecutor()
  const names = Array.from({ length: 100 }, (_, index) => `q${index}`)
  const many = `{ ${fields(100)} }`
  const document = parse(
    `fragment F on Query ${many} ${names.map((name) => `query ${name} { ...F }`).join(' ')}`,
  )
  const plannedOf = (operationName: string) => {
    const args = { schema, document, operationName, contextValue: {} }
    return execute(args) ?? execute(args)
  }
  const known = names.filter((name) => plannedOf(name) !== undefined)
  expect(known.length).toBeGreaterThan(5)
  expect(known.length).toBeLessThanOrEqual(20)
})

test('a short document has few fields planned, however many its fragments come to', () => {
  const execute = createPlannedExecutor()
  const four = (selection: string) => ['a', 'b', 'c', 'd'].map((name) => `${name}: ${selection}`).join(' ')
  const fragments = `fragment F on Node { ${four('child { ...G }')} } fragment G on Node { ${four('child { ...H }')} }
    fragment H on Node { ${four('id')} }`
  for (const [roots, isPlanned] of [
    ['node { id }', true],
    [four('node { ...F }'), false],
  ] as const) {
    const args = { schema, document: parse(`{ ${roots} } ${fragments}`), contextValue: {} }
    expect(execute(args)).toBeUndefined()
    expect(execute(args) !== undefined).toBe(isPlanned)
  }
})

test('what a client wrote is never run', async () => {
  const execute = createPlannedExecutor()
  // graphql-jit 0.8.9 makes JavaScript of this text.
  const text = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74dglobalThis.ran = true'
  const args = { schema, document: parse(`{ echo(text: "${text}") }`), contextValue: {} }
  execute(args)
  expect(await execute(args)).toEqual({ data: { echo: JSON.stringify({ text }) } })
  expect(globalThis).not.toHaveProperty('ran')
})

test('of a list that failed no item is left unhandled', async () => {
  const execute = createPlannedExecutor()
  const { schema: other } = createConformanceSchema()
  const list = other.getQueryType()?.getFields().listStrict
  if (list) list.resolve = () => [Promise.reject(new Error('late')), null]
  const args = { schema: other, document: parse('{ listStrict }'), contextValue: {} }
  execute(args)
  expect(await execute(args)).toMatchObject({
    data: { listStrict: null },
    errors: [{ path: ['listStrict', 1] }],
  })
})

function fields(count: number): string {
  return Array.from({ length: count }, (_, index) => `f${index}: __typename`).join(' ')
}
