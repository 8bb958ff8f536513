import fc from 'fast-check'
import { getIntrospectionQuery } from 'graphql'
import { describe, expect, test } from 'vitest'
import { securityHeaders } from '../src/security-headers.ts'
import { createBothWays, type Post } from './both-ways.ts'
import { createConformanceSchema } from './conformance-schema.ts'
import { failingDocuments } from './failing-documents.ts'
import { requestsFor } from './generated-documents.ts'

const ways = createBothWays(createConformanceSchema)

/**
 * Checks that the answers of Yoga and of the app agree. Returns whether the app's last answer came without Yoga's HTTP.
 */
async function isKnown(post: Post): Promise<boolean> {
  const before = ways.answered()
  const { expected, seen } = await ways.send(post)
  expect(expected.mistakes).toEqual([])
  for (const answer of seen) expect(answer).toEqual(expected)
  return ways.answered() > before
}

type Case = [query: string, variables?: object, operationName?: string]

describe('the same answer as plain Yoga’s, without its HTTP', () => {
  const howFails = ['error', 'text', 'object', 'nothing', 'coded', 'uncoded', 'status', 'headers', 'located']
    .concat('nested', 'several', 'none')
    .flatMap((how) => [how, `${how}-return`, `${how}-reject`])

  test.each<Case>([
    ['{ __typename }'],
    ['{ a: __typename b: __typename a: __typename }'],
    ['{ __proto__: __typename constructor: __typename toString: __typename hasOwnProperty: __typename }'],
    ['{ odd { constructor toString hasOwnProperty valueOf { constructor toString hasOwnProperty } } }'],
    ['{ node { id id a: id child { child { child { id } } } } node { child { late } b: id } }'],
    ['{ nodeStrict { childStrict { childrenStrict(size: 1) { id } } } }'],
    ['{ node { children { id } childrenStrict { id } } }'],
    ['{ node { childrenStrict(size: 3) { id } } }'],
    ['{ nodeStrict { childrenStrict(size: 3) { id } } }'],
    ['{ node { nothing nothingStrict } }'],
    ['{ nodeStrict { nothingStrict } }'],
    ['{ node { a: late(n: 5, fail: true) b: late(n: 1, fail: true) c: late(n: 3, fail: true) } }'],
    ['{ node { a: late(n: 5, fail: true) b: lateStrict(n: 1, fail: true) c: late(n: 0, fail: true) } }'],
    ['{ node { a: late(n: 9, fail: true) nothingStrict } }'],
    ['{ node { children { a: late(n: 2, fail: true) lateStrict(fail: true) } late(n: 4, fail: true) } }'],
    ['{ node { failingStrict(how: "several") } }'],
    ['{ failingStrict }'],
    ['{ failingStrict(how: "headers") }'],
    ['{ a: failing(how: "status") b: failing(how: "headers") }'],
    ...['Cat', 'Dog', 'Fish', 'Point', 'None', 'Wrong', 'Nobody'].flatMap((kind): Case[] => [
      [`{ animal(kind: "${kind}") { __typename name legs ... on Cat { lives } ... on Dog { barks } } }`],
      [`{ pet(kind: "${kind}") { __typename ... on Animal { name } ... on Cat { lives } } }`],
    ]),
    [
      '{ animal { ...A } pet { ...A ... on Dog { barks } } } fragment A on Animal { name friend { ...B } } fragment B on Animal { fails legs(of: 3) }',
    ],
    ['{ animal(kind: "Dog") { friend { name } } }'],
    ...failingDocuments.map((query): Case => [query]),
    ['{ pets { __typename ... on Cat { name } ... on Dog { legs } } }'],
    ...['set', 'promises', 'rejections', 'errors', 'text', 'object', 'async', 'broken'].flatMap(
      (how): Case[] => [[`{ list(how: "${how}") }`], [`{ listStrict(how: "${how}") other: __typename }`]],
    ),
    ['{ even(value: 4) }'],
    ['{ rawEven(value: 3) a: rawEven(value: 4) b: rawEven(value: 0) }'],
    ['{ anything(value: {a: [1, "x", null, {b: RED}]}) }'],
    ['{ colour red: colour(value: GREEN) none: colour(value: null) wrongColour }'],
    ['{ point(at: {x: 1}) points(at: {x: 1, label: "é\\u0000\\"", next: {x: 2, tags: "one"}}) }'],
    ['{ names(given: {constructor: 1, toString: "x"}) choice(of: {a: 1}) matrix(of: [[1], null, 2]) }'],
    [
      '{ echo(text: "__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74dprocess.exit()", id: 5, float: 1e400) }',
    ],
    ['{ echo(text: """\n  block\n    text\n""", id: "x", float: 1, flag: true, int: -3) }'],
    ['{ withDefault a: withDefault(text: "x") }'],
    ['{ context }'],
    ['mutation { a: add b: add(n: 5, ticks: 3) fail(ticks: 2) c: add reset }'],
    ['mutation { reset a: add(n: 2, ticks: 5) b: add(n: 3) }'],
    ['query A { __typename } mutation B { reset }', {}, 'B'],
    ['query A { a: __typename } query B { b: __typename }', {}, 'A'],
    [
      'mutation A($x: Anything) { add(note: $x) fail } query B($x: Boolean!) { __typename @include(if: $x) }',
      { x: { toString: 'a' } },
      'A',
    ],
    [
      'query A($x: Anything) { anything(value: $x) } query B($x: Boolean!) { __typename @skip(if: $x) }',
      { x: { toString: null, valueOf: 'a' } },
      'A',
    ],
    [getIntrospectionQuery()],
    [
      '{ __schema { types { name fields(includeDeprecated: true) { name } } } __type(name: "Cat") { name interfaces { name } } }',
    ],
    ['{ __type(name: "Nope") { name } }'],
    ...howFails.map(
      (how): Case => [`{ failing(how: "${how}") node { failing(how: "${how}") } other: __typename }`],
    ),
    ...howFails.map((how): Case => [`{ node { failingStrict(how: "${how}") } }`]),
    [
      'query ($a: Boolean!, $b: Boolean = true) { x: __typename @skip(if: $a) y: __typename @include(if: $b) }',
      { a: true },
    ],
    [
      'query ($a: Boolean!) { node @skip(if: $a) { id } ... @include(if: $a) { node { late } } ...F @skip(if: $a) } fragment F on Query { z: __typename }',
      { a: false },
    ],
    ['query ($a: Boolean!) { x: __typename @skip(if: $a) @include(if: true) }', { a: true }],
    ['query ($t: String) { echo(text: $t) required(text: "x") }'],
    ['query ($t: String = "d") { required(text: $t) }', {}],
    ['query ($t: String) { withDefault(text: $t) }', {}],
    [
      'query ($x: Int!, $y: Int) { point(at: {x: $x, y: 3, label: "l", next: {x: 5, y: 6}}) echo(int: $y) }',
      { x: 1 },
    ],
    [
      'query ($p: Point, $l: [Point!], $m: [[Int]]) { point(at: $p) points(at: $l) matrix(of: $m) }',
      {
        p: { x: 1, colour: 'RED', tags: 'one', next: { x: 2, even: 4 } },
        l: { x: 1, y: 5, tags: [] },
        m: [1, null, [2, null]],
      },
    ],
    [
      'query ($c: Colour, $e: Even, $a: Anything) { colour(value: $c) even(value: $e) anything(value: $a) }',
      {
        c: 'GREEN',
        e: 2,
        a: { deep: [{ a: 1 }] },
      },
    ],
    ['query ($c: Colour = RED, $p: Point = {x: 5}) { colour(value: $c) point(at: $p) }', { extra: 1 }],
    [
      'query ($id: ID, $f: Float, $b: Boolean) { echo(id: $id, float: $f, flag: $b) }',
      { id: 12, f: 3, b: null },
    ],
    ['query ($constructor: Int, $toString: String) { echo(int: $constructor, text: $toString) }'],
    ['query ($constructor: Int) { echo(int: $constructor) }', { constructor: 5 }],
  ])('%s', async (query, variables, operationName) => {
    expect(await isKnown({ body: { query, variables, operationName } })).toBe(true)
  })

  test.each([
    'application/json',
    'application/graphql-response+json',
    'application/graphql-response+json, application/json',
    'application/graphql-response+json,application/json;q=0.9',
    'application/json, text/plain, */*',
    '*/*',
  ])('for those who accept %s', async (accept) => {
    for (const query of ['{ __typename }', '{ failingStrict }', '{ failing(how: "headers") }']) {
      expect(await isKnown({ body: { query }, headers: { accept } })).toBe(true)
    }
  })

  test.each(['application/json; charset=utf-8', 'application/json;charset=UTF-8'])('for %s', async (type) => {
    expect(await isKnown({ body: { query: '{ __typename }' }, headers: { 'content-type': type } })).toBe(true)
  })

  test('for unknown parameters, and for parameters that are null', async () => {
    const body = {
      query: '{ a: __typename }',
      operationName: null,
      variables: null,
      extensions: null,
      other: [1],
    }
    expect(await isKnown({ body })).toBe(true)
  })

  test('when the values of most variables are wrong', async () => {
    const query =
      'query ($p: Point!, $e: Even, $c: Colour, $i: Int, $o: Choice, $n: Names, $l: [Int!], $b: Boolean!) { point(at: $p) even(value: $e) colour(value: $c) echo(int: $i) choice(of: $o) names(given: $n) x: __typename @skip(if: $b) }'
    const fine = { p: { x: 1 }, b: false }
    for (const variables of [
      undefined,
      {},
      { ...fine, b: null },
      { p: null, b: true },
      { ...fine, p: { x: 1, z: 2 } },
      { ...fine, p: { y: 1 } },
      { ...fine, p: { x: 1, y: null } },
      { ...fine, p: [] },
      { ...fine, p: 'p' },
      { ...fine, p: { x: 1, tags: [null] } },
      { ...fine, p: { x: 1, next: { x: 'one' } } },
      { ...fine, p: { x: 2 ** 31 } },
      { ...fine, e: 3 },
      { ...fine, e: 'x' },
      { ...fine, e: 0 },
      { ...fine, c: 'red' },
      { ...fine, c: 'BLUE' },
      { ...fine, c: 5 },
      { ...fine, c: 'constructor' },
      { ...fine, i: 1.5 },
      { ...fine, i: '1' },
      { ...fine, i: true },
      { ...fine, o: { a: 1, b: 'x' } },
      { ...fine, o: {} },
      { ...fine, o: { a: null } },
      { ...fine, o: { b: 'x' } },
      { ...fine, n: {} },
      { ...fine, n: { toString: 'x' } },
      { ...fine, l: [1, null] },
      { ...fine, l: 'x' },
      { ...fine, p: { x: 1, next: { x: 1, next: { x: 1, even: 5 } } } },
      fine,
      JSON.parse('{"p":{"x":1,"__proto__":{"y":9}},"b":false}'),
      JSON.parse('{"__proto__":{"p":{"x":1}},"b":false}'),
    ]) {
      await isKnown({ body: { query, variables } })
    }
  })

  test('when variables inside of arguments are missing', async () => {
    const query =
      'query ($x: Int, $s: String, $l: [Point!], $t: [String!]) { point(at: {x: 1, y: $x, label: $s, tags: $t}) points(at: $l) withDefault(text: $s) }'
    for (const variables of [{}, { x: null }, { s: null }, { x: 5, s: 'x', l: null, t: ['a'] }]) {
      await isKnown({ body: { query, variables } })
    }
    const conditions =
      'query ($a: Boolean = true, $b: Boolean = false) { x: __typename @skip(if: $a) node @include(if: $b) { id } }'
    for (const a of [undefined, true, false, null, 1]) {
      for (const b of [undefined, true, false, null])
        await isKnown({ body: { query: conditions, variables: { a, b } } })
    }
  })

  test('for every combination of five conditions', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const query = `query (${names.map((name) => `$${name}: Boolean!`)}) { ${names.map((name) => `${name}: __typename @include(if: $${name})`).join(' ')} z: __typename }`
    for (let bits = 0; bits < 32; bits += 1) {
      const variables = Object.fromEntries(names.map((name, index) => [name, (bits & (1 << index)) !== 0]))
      expect(await isKnown({ body: { query, variables } })).toBe(true)
    }
  })
})

test('any document and variables get the same answer from Yoga and the app', async () => {
  const { schema } = createConformanceSchema()
  let known = 0
  // fast-check prints the seed of a run that fails.
  const { RUNS = 500, SEED = Date.now() } = process.env
  const [numRuns, seed] = [Number(RUNS), Number(SEED)]
  await fc.assert(
    fc.asyncProperty(requestsFor(schema), async ({ accept, ...body }) => {
      if (await isKnown({ body, headers: { accept } })) known += 1
    }),
    { numRuns, seed },
  )
  expect(known).toBeGreaterThan(numRuns / 3)
}, 600_000)

test('the comparison sees differences between answers', async () => {
  const { expected, seen } = await ways.send({ body: { query: 'query Q { even(value: 2) }' } })
  expect(expected).toEqual({
    status: 200,
    headers: Object.entries({
      ...securityHeaders,
      'content-type': 'application/json; charset=utf-8',
    }).sort(([one], [other]) => (one < other ? -1 : 1)),
    text: '{"data":{"even":2}}',
    line: 'Q ok',
    faults: 0,
    mistakes: [],
    calls: 1,
  })
  expect(seen).toEqual([expected, expected, expected])
})

describe('an object with a `then` is not a promise', () => {
  test.each<[query: string, data: string, variables?: string]>([
    ['{ __typename then: __typename }', '{"__typename":"Query","then":"Query"}'],
    ['{ then: node { then: id } }', '{"then":{"then":"7"}}'],
    ['{ node { children(size: 1) { then: late } } }', '{"node":{"children":[{"then":"late 1"}]}}'],
    ['{ node { then: childStrict { then: id } } }', '{"node":{"then":{"then":"7"}}}'],
    [
      '{ animal { then: name } pet { ... on Cat { then: lives } } }',
      '{"animal":{"then":"Tom"},"pet":{"then":9}}',
    ],
    ['mutation { then: add catch: add }', '{"then":1,"catch":2}'],
    ['{ anything(value: {then: "x"}) }', '{"anything":{"then":"x"}}'],
    ['query ($x: Anything) { then: anything(value: $x) }', '{"then":[{"then":1}]}', '{"x":[{"then":1}]}'],
  ])('%s', async (query, data, variables = '{}') => {
    const body = `{"query":${JSON.stringify(query)},"variables":${variables}}`
    const { expected, seen } = await ways.send({ body })
    expect(expected.text).toBe(`{"data":${data}}`)
    expect(seen).toEqual([expected, expected, expected])
  })
})

describe('requests that Yoga must answer', () => {
  const query = '{ __typename }'

  test.each<[string, Post['body']]>([
    ['a syntax error', { query: '{' }],
    ['an empty document', { query: '' }],
    ['no operation', { query: 'fragment F on Query { __typename }' }],
    ['an unknown field', { query: '{ nope }' }],
    ['an unknown operation', { query: 'query A { __typename }', operationName: 'B' }],
    ['no name for one of two', { query: 'query A { __typename } query B { __typename }' }],
    ['a subscription', { query: 'subscription { counted }' }],
    ['a subscription to nothing', { query: 'subscription { counted @skip(if: true) }' }],
    ['a directive that the schema has not', { query: '{ ... @defer { __typename } }' }],
    ['extensions', { query, extensions: {} }],
    ['a persisted query', { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }],
    ['a batch', [{ query }, { query }]],
    ['no query', { variables: {} }],
    ['a query that is no text', { query: 5 }],
    ['variables that are a list', { query, variables: [] }],
    ['an operation name that is no text', { query, operationName: {} }],
    ['null', 'null'],
    ['malformed JSON', '{"query":'],
    ['nothing', ''],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['a byte order mark', `\ufeff${JSON.stringify({ query: '{ bom: __typename }' })}`],
    ['a document that is too long to keep', { query: `{ ${' '.repeat(10_001)}__typename }` }],
    ['too many tokens', { query: `{ ${'__typename '.repeat(4000)} }` }],
    ['a required argument without its variable', { query: 'query ($t: String) { required(text: $t) }' }],
  ])('%s', async (_, body) => {
    expect(await isKnown({ body })).toBe(false)
  })

  test.each([
    { accept: 'text/html' },
    { accept: 'image/png' },
    { accept: 'text/event-stream' },
    { accept: 'multipart/mixed' },
    { accept: 'application/json; charset=latin1' },
    { accept: 'application/json;q=0' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'application/json; charset=latin1' },
    { 'content-type': 'application/graphql' },
    { 'content-encoding': 'gzip' },
    { 'content-length': '99999999' },
    { 'content-length': 'x' },
  ])('%o', async (headers) => {
    expect(await isKnown({ body: { query }, headers })).toBe(false)
  })
})
