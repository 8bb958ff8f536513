import { getIntrospectionQuery } from 'graphql'
import { expect, test, vi } from 'vitest'
import { createGraph } from '../src/graph.ts'
import { askApp, type Post } from './both-ways.ts'
import { createConformanceSchema } from './conformance-schema.ts'

/** Creates a graph and counts how often an answer lists its types. */
function createTestGraph() {
  const { schema } = createConformanceSchema()
  const graph = createGraph(schema, { onFault() {}, onUnavailable() {} })
  const listed = vi.spyOn(schema, 'getTypeMap')
  return {
    async ask(body: Post['body']) {
      listed.mockClear()
      const { answer } = await askApp(graph, { body })
      return { answer: { ...answer, body: String(answer.body) }, isExecuted: listed.mock.calls.length > 0 }
    },
  }
}

test.each([
  ['without variables', {}],
  ['with an empty object of them, as most clients send it', { variables: {} }],
  ['with one that it does not have', { variables: { deep: true } }],
])(
  'introspection %s is executed for its first two requests, and answered the same after that',
  async (_, sent) => {
    const { ask } = createTestGraph()
    const body = { query: getIntrospectionQuery(), operationName: 'IntrospectionQuery', ...sent }
    const first = await ask(body)
    expect(first.isExecuted).toBe(true)
    const second = await ask(body)
    for (let time = 3; time <= 4; time += 1) {
      const { answer, isExecuted } = await ask(body)
      expect(isExecuted).toBe(false)
      expect(answer).toEqual(second.answer)
      expect([answer.body, answer.operation]).toEqual([first.answer.body, 'IntrospectionQuery'])
    }
  },
)

test.each([
  [
    'with variables of its own',
    { query: 'query ($deep: Boolean!) { __schema { types { name @include(if: $deep) } } }' },
  ],
  ['beside other fields', { query: '{ __schema { types { name } } node { id } }' }],
])('introspection %s is executed each time', async (_, body) => {
  const { ask } = createTestGraph()
  for (const deep of [true, false, true, true]) {
    const { answer, isExecuted } = await ask({ ...body, variables: { deep } })
    expect(isExecuted).toBe(true)
    expect(JSON.parse(answer.body).errors).toBeUndefined()
  }
})

test('the answers to a few documents are cached', async () => {
  const { ask } = createTestGraph()
  const query = (index: number) => ({ query: `{ a${index}: __schema { types { name } } }` })
  for (let index = 0; index <= 10; index += 1) {
    for (let time = 1; time <= 2; time += 1) await ask(query(index))
  }
  expect((await ask(query(10))).isExecuted).toBe(false)
  expect((await ask(query(0))).isExecuted).toBe(true)
})
