import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, test, vi } from 'vitest'
import { createChance, withoutTimes } from './chance.ts'
import { appOf, ask, comparable, examplesIn, isCommand, isRequest, isRun, printedBy } from './example.ts'
import { type Block, blocksOf, documents, read, root, walkthroughs } from './markdown.ts'
import { createStages } from './stages.ts'

/**
 * Writes what was sent and answered now into the documents, with UPDATE_DOCS=1. Otherwise the documents are compared
 * with it.
 */
function writeBlocks(document: string, texts: readonly (readonly [Block, string])[]): void {
  const lines = read(document).split('\n')
  for (const [block, text] of texts.toReversed()) {
    lines.splice(block.lines[0], block.lines[1] - block.lines[0], ...text.split('\n'))
  }
  writeFileSync(path.join(root, document), lines.join('\n'))
}

// The documents show the default time limits.
vi.stubEnv('REQUEST_TIMEOUT_MS', '')

const update = Boolean(process.env.UPDATE_DOCS)
const others = documents.filter((document) => !walkthroughs.includes(document))

describe.each(others)('%s', (document) => {
  const blocks = blocksOf(document)
  const examples = examplesIn(blocks)

  const answered = 'requests are answered as it says'
  if (examples.length > 0)
    test(answered, { timeout: 1_200_000 }, async () => {
      const stages = createStages()
      const chance = createChance()
      const texts: [Block, string][] = []
      try {
        for (const example of examples) {
          const { request, answer } = example
          const stage = await stages.of(request)
          const sent = chance.ofNow(request.text)
          texts.push([request, sent])
          if (answer) {
            const text = await ask(example, sent, stage.servers, stages.folder)
            chance.note(answer.text, text)
            texts.push([answer, text])
            if (!update) expect.soft(comparable(answer.text), answer.place).toEqual(comparable(text))
          } else {
            const printed = await stage.run(sent).catch((error) => [String(error)])
            expect
              .soft(printed.map(withoutTimes), request.place)
              .toEqual(printedBy(request).map(withoutTimes))
          }
        }
      } finally {
        await stages.stop()
      }
      if (update) writeBlocks(document, texts)
    })

  test('every request has an answer, and every GraphQL document fits its graph', () => {
    const asked = new Set(examples.map(({ request }) => request.place))
    expect(
      blocks.filter((block) => isRequest(block) || isCommand(block)).filter(({ place }) => !asked.has(place)),
    ).toEqual([])
    const logs = blocks.filter(isRun).map(({ text }) => text.match(/console\.log\(/g)?.length ?? 0)
    expect(blocks.filter(isRun).map((block) => printedBy(block).length)).toEqual(logs)
    for (const block of blocks.filter(({ language }) => language === 'graphql')) {
      if (block.info.partial) continue
      const schema = buildSchema(
        readFileSync(path.join(root, 'apps', appOf(block), 'schema.graphql'), 'utf8'),
      )
      expect(validate(schema, parse(block.text)), block.place).toEqual([])
    }
  })
})
