import { describe, expect, test } from 'vitest'
import { createTestApp, posting, rowsWritten } from './harness.ts'

const fragments = (count: number, body: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `fragment F${index} on Query { ${body(index)} }`).join(' ')
const spreads = (count: number) => Array.from({ length: count }, (_, index) => `...F${index}`).join(' ')

describe('a document that takes long to check is refused', () => {
  test.each([
    ['400 fragments in one place', `{ ${spreads(400)} } ${fragments(400, () => '__typename')}`],
    [
      '200 fragments of different fields',
      `{ ${spreads(200)} } ${fragments(200, (i) => `a${i}: __typename`)}`,
    ],
    [
      'a chain of 300 fragments',
      `{ ...F0 } ${fragments(300, (i) => `__typename ...F${i + 1}`)} fragment F300 on Query { __typename }`,
    ],
    [
      '300 operations with one fragment',
      `${Array.from({ length: 300 }, (_, i) => `query Q${i} { ...F0 }`).join(' ')} ${fragments(1, () => '__typename')}`,
      'Q7',
    ],
    ['one field 3,900 times', `{ ${'__typename '.repeat(3900)} }`],
    ['one field with fields 900 times', `{ ${'ledgerOperations { name } '.repeat(900)} }`],
    ['the same in inline fragments', `{ ${'... { ledgerOperations { name } } '.repeat(500)} }`],
  ] as [string, string, string?][])('%s', async (_, query, operationName) => {
    const { send } = createTestApp()
    const { json } = await send('POST', '/graphql', { query, operationName })
    expect(json.errors).toHaveLength(1)
    expect(json.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
    expect(json.errors[0].message).toContain('takes too long to check')
  })

  test.each([
    ['2 MB of blanks', `{ ${' '.repeat(2_000_000)} __typename }`, 'more than 250,000 characters'],
    [
      'a text of 2 MB',
      `{ balance(ownerId: "${'x'.repeat(2_000_000)}") { amount } }`,
      'more than 250,000 characters',
    ],
    ['100,000 lines', `{ ${'\n'.repeat(100_000)} __typename }`, 'more than 4,000 lines'],
    ['as many of another kind', `{ ${'\r'.repeat(100_000)} __typename }`, 'more than 4,000 lines'],
    ['5,000 fields', `{ ${'__typename '.repeat(5000)} }`, 'more that 4000 tokens'],
  ])('%s', async (_, query, message) => {
    const { graphql } = createTestApp()
    const { json } = await graphql(query)
    expect(json.errors[0].extensions.code).toBe('GRAPHQL_PARSE_FAILED')
    expect(json.errors[0].message).toContain(message)
  })

  test('at the first of many faults', async () => {
    const { graphql } = createTestApp()
    const { json } = await graphql(`{ ${Array.from({ length: 500 }, (_, i) => `nothing${i}`).join(' ')} }`)
    expect(json.errors).toHaveLength(21) // the last error says that there are more
  })
})

describe('a document is answered', () => {
  test.each([
    ['of 60 fragments', `{ ${spreads(60)} } ${fragments(60, () => '__typename')}`],
    ['of 3,900 lines', `{ ${'\n'.repeat(3900)} __typename }`],
    ['of 190,000 characters', `{ ${' '.repeat(190_000)} __typename }`],
    ['of 500 aliases', `{ ${Array.from({ length: 500 }, (_, i) => `a${i}: __typename`).join(' ')} }`],
  ])('%s', async (_, query) => {
    const { graphql } = createTestApp()
    const { json } = await graphql(query)
    expect(json.errors).toBeUndefined()
  })

  test('with a content of 100,000 characters in its text', async () => {
    const { graphql } = createTestApp()
    const { json } = await graphql(
      `mutation { createNote(input: { ownerId: "ann", text: "${'\\n'.repeat(100_000)}", nonce: "n" }) { ... on Error { code } } }`,
    )
    expect(json.data.createNote.code).toBe('VALIDATION_ERROR') // metadata may have 4 KiB
  })
})

describe('JSON nested a million deep is refused before it is parsed', () => {
  const deep = (open: string, close: string, times: number) => `${open.repeat(times)}1${close.repeat(times)}`

  test.each([
    ['lists', deep('[', ']', 1_000_000)],
    ['objects', deep('{"a":', '}', 300_000)],
    ['lists left open', '['.repeat(1_000_000)],
    ['lists behind text with brackets and quotes', `["]]]\\"}",${deep('[', ']', 70)}]`],
  ])('%s', async (_, value) => {
    const { send } = createTestApp()
    for (const body of [
      `{"query":"{ __typename }","variables":{"x":${value}}}`,
      `{"query":"{ __typename }","extensions":{"x":${value}}}`,
      value,
    ]) {
      const { status, json } = await send('POST', '/graphql', body)
      expect([status, json.errors[0].extensions.code]).toEqual([400, 'MALFORMED_REQUEST'])
      expect(json.errors[0].message).toBe('The JSON is nested more than 64 deep.')
    }
    const rest = await send(
      'POST',
      '/ledger',
      `{"owner_id":"ann","operation":"CREDIT_ADD","nonce":"n","metadata":${value}}`,
    )
    expect([rest.status, rest.json.code, rest.json.detail]).toEqual([
      400,
      'MALFORMED_REQUEST',
      'The JSON is nested more than 64 deep.',
    ])
    expect(await rowsWritten()).toBe(0)
  })

  test.each(['variables', 'extensions'])('%s of a GET', async (name) => {
    const { get } = createTestApp()
    const { status, json } = await get(
      `/graphql?query=%7B__typename%7D&${name}=${encodeURIComponent(deep('[', ']', 65))}`,
    )
    expect([status, json.errors[0].extensions.code]).toEqual([400, 'MALFORMED_REQUEST'])
  })

  test('brackets in text are not depth', async () => {
    const { post } = createTestApp()
    const { status } = await post(posting({ metadata: { note: `"\\${'[{'.repeat(500)}`, other: '\\' } }))
    expect(status).toBe(200)
  })

  test('a depth of 64 is parsed', async () => {
    const { send } = createTestApp()
    const { json } = await send(
      'POST',
      '/graphql',
      `{"query":"{ __typename }","variables":{"x":${deep('[', ']', 62)}}}`,
    )
    expect(json.data).toEqual({ __typename: 'Query' })
  })
})
