import { setImmediate as turn } from 'node:timers/promises'
import { createGraph } from '../src/graph.ts'
import { askApp } from './both-ways.ts'
import { createConformanceSchema } from './conformance-schema.ts'
import { failingDocuments, failingSubscriptions } from './failing-documents.ts'

// unhandled-rejections.test.ts runs this in its own process, because Node ends a process for an unhandled rejection.
async function ask(query: string, accept: string): Promise<void> {
  console.log(query)
  const graph = createGraph(createConformanceSchema().schema, { onFault() {}, onUnavailable() {} })
  // The second time, the document is known.
  for (const _time of [1, 2]) {
    const { answer } = await askApp(graph, { body: { query }, headers: { accept } })
    if (answer.body instanceof ReadableStream) {
      const reader = answer.body.getReader()
      await reader.read()
      await reader.cancel()
    }
    // Node looks for unhandled rejections at the end of a turn. Some documents fail over several turns.
    for (let count = 0; count < 5; count += 1) await turn()
  }
  graph.endStreams()
}

for (const query of failingDocuments) await ask(query, 'application/json')
for (const query of failingSubscriptions) await ask(query, 'text/event-stream')
console.log('done')
