/** Reads the first events of a stream, without pings, and leaves the stream. */
export async function readEvents(response: Response, count: number): Promise<string> {
  const decoder = new TextDecoder()
  const events: string[] = []
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    events.push(...blocks.filter((block) => block.startsWith('event: ')))
    if (events.length >= count) break
  }
  return events.slice(0, count).join('\n\n')
}
