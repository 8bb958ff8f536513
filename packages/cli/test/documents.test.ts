import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findRoot } from '@shared-ledger/postgres'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { typedDocuments } from '../src/typed-documents.ts'
import { outcomeHere, outcomeOf } from './support/command.ts'

let root = ''
const placeOf = (file: string) => path.join(root, 'apps/game', file)
const read = (file: string) => readFileSync(placeOf(file), 'utf8')
const write = (file: string, text: string) => {
  mkdirSync(path.dirname(placeOf(file)), { recursive: true })
  writeFileSync(placeOf(file), text)
}
const configure = (sharedLedger: object) =>
  writeFileSync(path.join(root, 'package.json'), JSON.stringify({ type: 'module', sharedLedger }))
const documents = (...args: string[]) => outcomeHere('documents', root, args)

/** The same in a process of its own, as users run it. Only there Node loads a schema.ts that has changed since. */
const documentsInOwnProcess = (...args: string[]) => outcomeOf('documents', root, args)

const operations = `
  import { defineOperations, sharedOperations } from '@shared-ledger/ledger'
  export const operations = defineOperations(sharedOperations)
`
const schemaWith = (field: string) => `
  import SchemaBuilder from '@pothos/core'
  import { ledgerPlugins, relayOptions } from '@shared-ledger/plugin-ledger'
  export function createSchema(ledger) {
    const builder = new SchemaBuilder({ plugins: ledgerPlugins, relay: relayOptions })
    const access = { action: 'open', owner: 'any' }
    builder.scalarType('Colour', { serialize: String })
    builder.queryType({ fields: (t) => ({ ${field}: t.field({ type: 'Colour', access, resolve: () => 'red' }) }) })
    builder.mutationType()
    builder.addLedger(ledger)
    return builder.toSchema({ sortSchema: false })
  }
`
const query = 'query Latest($id: ID!) { colour ledgerEntry(id: $id) { ...RestEntry } }'

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'documents-'))
  configure({})
  symlinkSync(path.join(findRoot(), 'node_modules'), path.join(root, 'node_modules'))
  write('src/operations.ts', operations)
  write('src/schema.ts', schemaWith('colour'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('the graph is printed, and its documents are typed: a moment is a Date in src, and text in test', async () => {
  write('src/documents/latest.graphql', query)
  write('test/documents/latest.graphql', 'query Latest($id: ID!) { ledgerEntry(id: $id) { createdOn } }')
  expect(await documentsInOwnProcess()).toEqual({
    code: 0,
    output: [
      'Wrote apps/game/schema.graphql',
      'Wrote apps/game/src/generated/documents.ts',
      'Wrote apps/game/test/generated/documents.ts',
    ].join('\n'),
  })
  expect(read('schema.graphql')).toMatch(/^type Query \{\n {2}colour: Colour\n/m)
  const [src, test] = [read('src/generated/documents.ts'), read('test/generated/documents.ts')]
  expect(src).toMatch(
    /^export type LatestQuery = \{ readonly colour: unknown, .*readonly createdOn: Date,.*\}/m,
  )
  expect(src).toContain('export const LatestDocument = ')
  expect(test).toMatch(/^export type LatestQuery = .*\{ readonly createdOn: string \}/m)
  expect(test).not.toContain('RestEntry')
  expect(await documents()).toEqual({ code: 0, output: 'All generated files are up to date.' })
})

test('--check names each file that is out of date, and writes nothing', async () => {
  write('src/documents/latest.graphql', query)
  const lineOf = (file: string) => `apps/game/${file} is out of date: npx shared-ledger documents`
  const [graph, typed] = ['schema.graphql', 'src/generated/documents.ts'].map(lineOf)
  expect(await documents('--check')).toEqual({ code: 1, output: `${graph}\n${typed}` })
  expect(existsSync(placeOf('schema.graphql'))).toBe(false)
  await documents()
  expect(await documents('--check', 'game')).toMatchObject({ code: 0 })
  write('src/documents/latest.graphql', query.replace('colour', ''))
  expect(await documents('--check')).toEqual({ code: 1, output: typed })
  write('src/documents/latest.graphql', query)
  write('src/schema.ts', `${schemaWith('colour').replace("'Colour', {", "'Colour', { description: 'One',")}`)
  expect(await documentsInOwnProcess('--check')).toEqual({ code: 1, output: graph })
})

test('a scalar without a type is refused for our own packages', async () => {
  write('src/documents/colour.graphql', 'query Colour { colour }')
  const graph = 'type Query { colour: Colour! } scalar Colour'
  const typed = typedDocuments({
    root,
    folder: 'apps/game/src',
    graph,
    inProcess: false,
    strictScalars: true,
  })
  await expect(typed).rejects.toThrow('Unknown scalar type Colour')
})

test('the typed documents are removed with the last document, but not the file of another generator', async () => {
  write('src/documents/latest.graphql', query)
  await documents()
  const typed = 'apps/game/src/generated/documents.ts'
  rmSync(placeOf('src/documents/latest.graphql'))
  const outdated = { code: 1, output: `${typed} is out of date: npx shared-ledger documents` }
  expect(await documents('--check')).toEqual(outdated)
  expect(existsSync(path.join(root, typed))).toBe(true)
  expect(await documents()).toEqual({ code: 0, output: `Removed ${typed}` })
  expect(existsSync(path.join(root, typed))).toBe(false)
  write('src/generated/documents.ts', 'export const mine = 1\n')
  expect(await documents()).toEqual({ code: 0, output: 'All generated files are up to date.' })
  expect(read('src/generated/documents.ts')).toBe('export const mine = 1\n')
})

test('a document that does not fit the graph is refused with its place, and nothing is written', async () => {
  write('src/documents/latest.graphql', query)
  write('src/documents/more.graphql', '\nquery Bad { color }\nquery Latest { ledgerEntry { id } }\n')
  expect(await documents()).toEqual({
    code: 1,
    output: [
      'apps/game/src/documents/more.graphql:2:13: Cannot query field "color" on type "Query". Did you mean "colour"?',
      'apps/game/src/documents/latest.graphql:1:7: There can be only one operation named "Latest".',
      'apps/game/src/documents/more.graphql:3:16: Field "ledgerEntry" argument "id" of type "ID!" is required, but it was not provided.',
    ].join('\n'),
  })
  write('src/documents/more.graphql', 'query Bad {\n  colour')
  expect(await documents()).toEqual({
    code: 1,
    output: 'apps/game/src/documents/more.graphql:2:9: Syntax Error: Expected Name, found <EOF>.',
  })
  expect(existsSync(placeOf('schema.graphql'))).toBe(false)
})

test.each([
  ['src/schema.ts', 'export const schema = 1', 'src/schema.ts does not export "createSchema".'],
  ['src/schema.ts', 'export const = 1', /src\/schema\.ts cannot be loaded: .*Expected identifier/s],
  ['src/operations.ts', '', 'src/operations.ts does not export "operations".'],
  [
    'prisma/schema.prisma',
    '',
    'src/generated/prisma/client.ts is missing. Have it written: npx shared-ledger generate',
  ],
])('%s with %j is refused', async (file, text, message) => {
  write(file, text)
  const outcome = await documentsInOwnProcess()
  expect(outcome.code).toBe(1)
  expect(outcome.output).toMatch(message)
})

test('the command ends, though schema.ts keeps a timer and a server', async () => {
  const waiting =
    "import { createServer } from 'node:http'\nsetInterval(() => {}, 1_000)\ncreateServer().listen(0)\n"
  write('src/schema.ts', `${waiting}${schemaWith('colour')}`)
  expect(await documentsInOwnProcess()).toEqual({ code: 0, output: 'Wrote apps/game/schema.graphql' })
  rmSync(placeOf('schema.graphql'))
  expect(await documentsInOwnProcess('--check')).toMatchObject({ code: 1 })
})

test('a project can have the file with createSchema elsewhere', async () => {
  configure({ schema: 'graph.ts' })
  renameSync(placeOf('src/schema.ts'), placeOf('graph.ts'))
  expect(await documents()).toEqual({ code: 0, output: 'Wrote apps/game/schema.graphql' })
})

test.each([[], ['--check']])('without an app with a graph, documents fails: %s', async (...args) => {
  rmSync(placeOf('src/schema.ts'))
  const nothing = (file: string) => ({ code: 1, output: `No app has a ${file}: nothing to print.` })
  expect(await documents(...args)).toEqual(nothing('src/schema.ts'))
  configure({ schema: 'graph.ts' })
  expect(await documents(...args)).toEqual(nothing('graph.ts'))
})

test('an app without a graph is left out, and refused by its name', async () => {
  write('../shop/src/operations.ts', operations)
  expect(await documents()).toEqual({ code: 0, output: 'Wrote apps/game/schema.graphql' })
  expect(await documents('shop')).toEqual({ code: 1, output: 'The app shop has no apps/shop/src/schema.ts.' })
  expect(await documents('shops')).toEqual({
    code: 1,
    output: 'There is no app "shops" with an apps/shops/src/operations.ts. The apps are: game, shop.',
  })
})
