import { readFileSync } from 'node:fs'
import path from 'node:path'
import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { buildSchema, lexicographicSortSchema, parse, printSchema } from 'graphql'
import { expect, test } from 'vitest'
import { blocksOf, root } from '../../../docs/test/markdown.ts'

const app = path.join(root, 'apps/content')
const textOf = (file: string) => readFileSync(path.join(app, file), 'utf8')

test('the codegen.ts of docs/graphql.md makes what shared-ledger documents makes', async () => {
  const shown = blocksOf('docs/graphql.md').find(({ info }) => info.file === 'codegen.ts')
  const { default: given } = await import(`data:text/javascript,${encodeURIComponent(shown?.text ?? '')}`)
  const filename = 'src/generated/documents.ts'
  const { plugins, config } = given.generates[filename]
  const schema = lexicographicSortSchema(buildSchema(textOf('schema.graphql'))) // sorted, as by graphql-codegen
  const text = await codegen({
    filename,
    schema: parse(printSchema(schema)),
    schemaAst: schema,
    documents: [{ document: parse(textOf('test/documents/contents.graphql')) }],
    plugins: plugins.map((name: string) => ({ [name]: {} })),
    pluginMap: { 'typescript-operations': typescriptOperations, 'typed-document-node': typedDocumentNode },
    config,
  })
  const [, ...written] = textOf('test/generated/documents.ts').split('\n') // the first line says who wrote the file
  expect(text).toBe(written.join('\n'))
})
