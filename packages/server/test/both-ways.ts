import type { GraphQLSchema } from 'graphql'
import { type Answer, toResponse } from '../src/answer.ts'
import { createGraph, type Graph } from '../src/graph.ts'
import { anyone } from '../src/identify.ts'
import type { RawRequest } from '../src/raw-request.ts'

/** A POST to /graphql. */
export interface Post {
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer as a client sees it, and what the log says about it. */
export interface Seen {
  readonly status: number
  readonly headers: [string, string][]
  readonly text: string
  readonly line: string
  /** How many errors `onFault` received. */
  readonly faults: number
  /** The faults that no resolver of the schema throws. JavaScript throws them when the server misuses a value. */
  readonly mistakes: readonly unknown[]
  /** How many resolvers ran. */
  readonly calls: number
}

/** How often a request is sent. Yoga answers the first time, and then its document is known. */
const times = 3

/** Serves two copies of a schema: one with Yoga alone, and one as apps do. */
export function createBothWays(create: () => { schema: GraphQLSchema; calls: () => number }) {
  const plain = serve(create)
  const known = serve(create)
  let answered = 0

  return {
    /** How many requests had a known document. */
    answered: () => answered,
    /** Returns plain Yoga's answer and each answer of the app. */
    async send(post: Post): Promise<{ expected: Seen; seen: Seen[] }> {
      const expected = await plain.see((graph) => throughYoga(graph, post))
      const seen: Seen[] = []
      for (let time = 0; time < times; time += 1) {
        seen.push(
          await known.see(async (graph) => {
            const { answer, isKnown } = await askApp(graph, post)
            if (isKnown) answered += 1
            return answer
          }),
        )
      }
      return { expected, seen }
    },
  }
}

function serve(create: () => { schema: GraphQLSchema; calls: () => number }) {
  const { schema, calls } = create()
  let faults = 0
  let mistakes: unknown[] = []
  const onFault = (error: unknown) => {
    faults += 1
    if (error instanceof TypeError || error instanceof RangeError) mistakes.push(error)
  }
  const graph = createGraph(schema, { onFault, onUnavailable: () => {} })
  return {
    async see(ask: (graph: Graph) => Promise<Answer>): Promise<Seen> {
      const before = { faults, calls: calls() }
      mistakes = []
      const answer = await ask(graph)
      const response = toResponse(answer, 'POST')
      const { status, headers } = response
      const text = await response.text()
      const line = `${answer.operation ?? '-'} ${answer.outcome}`
      const ran = { faults: faults - before.faults, calls: calls() - before.calls }
      return { status, headers: [...headers], text, line, mistakes, ...ran }
    },
  }
}

/** Sends a request to a graph as an app does: to Yoga when the document is not known. */
export async function askApp(graph: Graph, post: Post): Promise<{ answer: Answer; isKnown: boolean }> {
  const known = await graph.answerKnown(toRawRequest(post), anyone)
  return { answer: known ?? (await throughYoga(graph, post)), isKnown: known !== undefined }
}

function throughYoga(graph: Graph, post: Post): Promise<Answer> {
  const request = toRequest(post)
  const readBody = async () => new Uint8Array(await request.arrayBuffer())
  return graph.answer(request, { principal: anyone, target: '/graphql', readBody, hasLeft: () => false })
}

function toRawRequest(post: Post): RawRequest {
  const request = toRequest(post)
  let body: Promise<Uint8Array> | undefined
  return {
    method: request.method,
    target: '/graphql',
    header: (name) => request.headers.get(name),
    readBody() {
      body ??= request.arrayBuffer().then((buffer) => new Uint8Array(buffer))
      return body
    },
    hasLeft: () => false,
    toRequest: () => toRequest(post),
  }
}

function toRequest({ body, headers }: Post): Request {
  const raw = typeof body === 'string' || body instanceof Uint8Array
  return new Request('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': '1', ...headers },
    body: raw ? (body as BodyInit) : JSON.stringify(body),
  })
}
