import { once } from 'node:events'
import { createServer } from 'node:http'

/** A span in OTLP's JSON. */
interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly attributes: Readonly<Record<string, unknown>>
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[]
  }[]
}
type RawSpan = Omit<ReceivedSpan, 'attributes' | 'links'> &
  Partial<Pick<ReceivedSpan, 'links'>> & { readonly attributes?: readonly Attribute[] }
interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

const valuesOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** Starts a receiver of OTLP over HTTP. */
export async function startReceiver() {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.url === '/v1/traces') bodies.push(Buffer.concat(chunks).toString())
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const sent = () => bodies.flatMap((body): Sent['resourceSpans'] => JSON.parse(body).resourceSpans)
  return {
    url: `http://127.0.0.1:${port}`,
    /** Returns everything as it came. */
    text: () => bodies.join('\n'),
    services: () => sent().map(({ resource }) => valuesOf(resource.attributes)['service.name']),
    spans: (): ReceivedSpan[] =>
      sent()
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        .map(({ attributes = [], links = [], ...span }) => ({
          ...span,
          links,
          attributes: valuesOf(attributes),
        })),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
