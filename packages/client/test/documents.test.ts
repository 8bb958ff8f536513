import { readdir, readFile } from 'node:fs/promises'
import { type DocumentNode, buildSchema as parseSchema, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { ledgerParts } from '../../plugin-ledger/src/parts/index.ts'
import { allOperations, buildSchema, openLedger } from '../../plugin-ledger/test/build-schema.ts'
import * as generated from '../src/generated/documents.ts'

const folder = new URL('../src/documents/', import.meta.url)
const contract = parseSchema(await readFile(new URL('../../../schema.graphql', import.meta.url), 'utf8'))
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
  it('are the contract’s, and one file for each part of a graph', async () => {
    const files = (await readdir(folder)).map((name) => name.replace('.graphql', ''))
    expect(files.sort()).toEqual(['ledger', ...ledgerParts].sort())
  })

  it('of the ledger work on every graph', async () => {
    for (const [name, document] of await documentsOf('ledger')) {
      expect([name, validate(contract, document)]).toEqual([name, []])
    }
  })

  it.each(ledgerParts)('of %s work on a graph with no other part', async (part) => {
    const schema = buildSchema(openLedger(allOperations), { parts: [part] })
    const ofPart = await documentsOf(part)
    expect(ofPart).not.toHaveLength(0)
    for (const [name, document] of ofPart) {
      expect([name, validate(schema, document)]).toEqual([name, []])
    }
  })
})
