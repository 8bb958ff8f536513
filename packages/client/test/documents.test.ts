import { readdir, readFile } from 'node:fs/promises'
import { createLedger, createPool, defineOperations, lotOperations } from '@shared-ledger/ledger'
import {
  type DocumentNode,
  type GraphQLField,
  getNamedType,
  buildSchema as parseSchema,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildSchema } from '../../plugin-ledger/test/build-schema.ts'
import { bankOperations } from '../../rest/test/books-apps.ts'
import * as generated from '../src/generated/documents.ts'
import { inBooks } from '../src/in-books.ts'

const schemaOf = async (path: string) =>
  parseSchema(await readFile(new URL(`../../../${path}`, import.meta.url), 'utf8'))
const contract = await schemaOf('schema.graphql')
const full = await schemaOf('packages/plugin-ledger/schema.graphql')
const folder = new URL('../src/documents/', import.meta.url)
const files = (await readdir(folder)).map((name) => name.replace('.graphql', ''))
const documents = new Map<string, DocumentNode>(Object.entries(generated))

/** The documents of a file, with the fragments that they use. */
async function documentsOf(file: string): Promise<readonly (readonly [string, DocumentNode])[]> {
  const text = await readFile(new URL(`${file}.graphql`, folder), 'utf8')
  return [...text.matchAll(/^(?:query|mutation|subscription) (\w+)/gm)].map(([, name = '']) => {
    const document = documents.get(`${name}Document`)
    if (!document) throw new Error(`${name} was not generated`)
    return [name, document]
  })
}

describe('documents', () => {
  it.each(files)('of %s fit a graph with every part', async (file) => {
    const ofFile = await documentsOf(file)
    expect(ofFile).not.toHaveLength(0)
    for (const [name, document] of ofFile) expect([name, validate(full, document)]).toEqual([name, []])
  })

  // Transfers, exchanges and lots need their operations, and live entries need a subscription type.
  const ofSomeGraphs = ['transfers', 'exchanges', 'lots', 'live']
  const ofEveryGraph = files.filter((file) => !ofSomeGraphs.includes(file))

  it.each(ofEveryGraph)('of %s fit every graph', async (file) => {
    for (const [name, document] of await documentsOf(file)) {
      expect([name, validate(contract, document)]).toEqual([name, []])
    }
  })

  const withBooks = buildSchema(
    createLedger({
      app: 'bank',
      operations: defineOperations({ ...bankOperations, ...lotOperations }),
      pool: createPool('postgresql://nobody@127.0.0.1:1/none'),
    }),
  )
  const hasBook = ({ args }: GraphQLField<unknown, unknown>) =>
    args.some(({ name, type }) => name === 'book' && getNamedType(type).name === 'LedgerBook')

  it.each(files.filter((file) => file !== 'transfers'))(
    'of %s fit the graph of an app with several books, and use every argument for one',
    async (file) => {
      for (const [name, document] of await documentsOf(file)) {
        const written = inBooks(document)
        expect([name, validate(withBooks, written)]).toEqual([name, []])
        const info = new TypeInfo(withBooks)
        visit(
          written,
          visitWithTypeInfo(info, {
            Field(node) {
              const field = info.getFieldDef()
              const names = node.arguments?.map((argument) => argument.name.value) ?? []
              expect([name, node.name.value, names.filter((one) => one === 'book')]).toEqual([
                name,
                node.name.value,
                field && hasBook(field) ? ['book'] : [],
              ])
            },
          }),
        )
      }
    },
  )
})
