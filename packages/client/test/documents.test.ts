import { readdir, readFile } from 'node:fs/promises'
import { type DocumentNode, buildSchema as parseSchema, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import * as generated from '../src/generated/documents.ts'

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

  // Transfers need their operations, and live entries need a subscription type.
  const ofEveryGraph = files.filter((file) => file !== 'transfers' && file !== 'live')

  it.each(ofEveryGraph)('of %s fit every graph', async (file) => {
    for (const [name, document] of await documentsOf(file)) {
      expect([name, validate(contract, document)]).toEqual([name, []])
    }
  })
})
