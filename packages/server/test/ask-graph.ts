import { setImmediate as turn } from 'node:timers/promises'
import { createGraph } from '../src/graph.ts'
import { askApp } from './both-ways.ts'
import { createConformanceSchema } from './conformance-schema.ts'
import { failingDocuments, failingSubscriptions } from './failing-documents.ts'

// Run by unhandled-rejections.test.ts in a process of its own: Node ends it for a rejection that nothing handles.
async function ask(query: string, accept: string): Promise<void> {
  console.log(query)
  const graph = createGraph(createConformanceSchema().schema, { onFault() {}, onUnavailable() {} })
  // The second time, a document is known.
  for (const _time of [1, 2]) {
    const { answer } = await askApp(graph, { body: { query }, headers: { accept } })
    if (answer.body instanceof ReadableStream) {
      const reader = answer.body.getReader()
      await reader.read()
      await reader.cancel()
    }
    // Node looks for them at the end of a turn, and some documents fail for several.
    for (let count = 0; count < 5; count += 1) await turn()
  }
  graph.endStreams()
}

for (const query of failingDocuments) await ask(query, 'application/json')
for (const query of failingSubscriptions) await ask(query, 'text/event-stream')
console.log('done')
