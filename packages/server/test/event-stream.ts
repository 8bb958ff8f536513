import { type IncomingMessage, request } from 'node:http'

/** One event of GraphQL over SSE. */
interface StreamEvent {
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely.
  readonly data: any
}

const json = { 'content-type': 'application/json', accept: 'text/event-stream' }

/** Subscribes over its own socket. The answer is read only on request. */
export function openStream(
  url: string,
  body: { query: string; variables?: object },
  more: Record<string, string> = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/graphql`, { method: 'POST', headers: { ...json, ...more }, agent: false })
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

/** Yields the events of a stream, without its pings. */
export async function* eventsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent, void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => !line.startsWith(':'))
      if (lines.length === 0) continue
      const fields = Object.fromEntries(lines.map((line) => /^(\w+):? ?(.*)$/.exec(line)?.slice(1) ?? []))
      yield { event: fields.event, data: fields.data ? JSON.parse(fields.data) : undefined }
    }
  }
}

/** Reads the rest of a stream's events. */
export async function collect(events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const collected: StreamEvent[] = []
  for await (const event of events) collected.push(event)
  return collected
}
