import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { printJson, withoutChance } from './answers.ts'
import { runRequest } from './curl.ts'
import { type Block, blocksOf, documents, read, root, walkthroughs } from './markdown.ts'
import { type Servers, startServers } from './servers.ts'

const appOf = ({ info }: Block) => info.app ?? 'content'
const isRequest = ({ language, text }: Block) => language === 'sh' && /^(?:curl|head|printf) /.test(text)

/** A request of a document and the answer that the document shows: the block after it. */
interface Example {
  readonly request: Block
  readonly answer: Block
}

function examplesIn(blocks: readonly Block[]): Example[] {
  return blocks.flatMap((request, at) => {
    const answer = blocks[at + 1]
    const isExample =
      (isRequest(request) || request.language === 'graphql') && /^(?:json|http)$/.test(answer?.language ?? '')
    return isExample && answer ? [{ request, answer }] : []
  })
}

/** What a request is answered, in the form in which the document shows it. */
async function run({ request, answer }: Example, { at }: Servers): Promise<string> {
  if (request.language === 'graphql') {
    const response = await fetch(
      `${at(appOf(request) === 'content' ? 'localhost:4001' : 'localhost:4002')}/graphql`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: request.text }),
      },
    )
    return printJson(await response.json())
  }
  const { status, headers, body } = await runRequest(request.text, at)
  const json = body === '' ? '' : printJson(JSON.parse(body))
  if (answer.language === 'json') return json
  const shown = ['allow', 'idempotency-replayed', 'retry-after']
    .filter((name) => headers.has(name))
    .map((name) => `${name}: ${headers.get(name)}`)
  return [`HTTP/1.1 ${status}`, ...shown, '', json].join('\n')
}

/** An answer for comparison: its head line by line, its JSON without what chance decides. */
function comparable(answer: string): unknown {
  const from = answer.search(/^[{[]/m)
  if (from < 0) return answer.trim()
  const head = answer.slice(0, from).replace(/^(HTTP\/1\.1 \d+).*/, '$1') // Node words some of them anew
  return { head, body: withoutChance(JSON.parse(answer.slice(from))) }
}

/** With UPDATE_DOCS=1 the documents get the answers of now instead of being compared with them. */
function writeAnswers(document: string, answers: readonly (readonly [Block, string])[]): void {
  const lines = read(document).split('\n')
  for (const [block, text] of answers.toReversed()) {
    lines.splice(block.lines[0], block.lines[1] - block.lines[0], ...text.split('\n'))
  }
  writeFileSync(path.join(root, document), lines.join('\n'))
}

const others = documents.filter((document) => !walkthroughs.includes(document))

describe.each(others)('%s', (document) => {
  const blocks = blocksOf(document)
  const examples = examplesIn(blocks)

  test.skipIf(examples.length === 0)('requests are answered as it says', { timeout: 120_000 }, async () => {
    const servers = await startServers()
    const answers: [Block, string][] = []
    try {
      for (const example of examples) {
        const { given } = example.request
        const own = given === undefined ? undefined : await startServers(given)
        answers.push([example.answer, await run(example, own ?? servers).finally(() => own?.stop())])
      }
    } finally {
      await servers.stop()
    }
    if (process.env.UPDATE_DOCS) return writeAnswers(document, answers)
    for (const [block, answer] of answers) {
      expect.soft(comparable(block.text), block.place).toEqual(comparable(answer))
    }
  })

  test('every request of it shows an answer, and every GraphQL document fits its graph', () => {
    const asked = new Set(examples.map(({ request }) => request.place))
    expect(blocks.filter(isRequest).filter(({ place }) => !asked.has(place))).toEqual([])
    for (const block of blocks.filter(({ language }) => language === 'graphql')) {
      if (block.info.partial) continue
      const schema = buildSchema(
        readFileSync(path.join(root, 'apps', appOf(block), 'schema.graphql'), 'utf8'),
      )
      expect(validate(schema, parse(block.text)), block.place).toEqual([])
    }
  })
})
