import { problem } from '@shared-ledger/rest'
import { type Answer, graphqlProblemResponse, type WholeAnswer } from './answer.ts'
import type { GraphqlServerContext } from './graphql-server-context.ts'

type Line = GraphqlServerContext['line']

/** Turns Yoga's response into an answer of the app, with what the log says about it. */
export async function yogaAnswer(response: Response, { stream, ...line }: Line): Promise<Answer> {
  if (response.status === 406) {
    stream?.end()
    return notAcceptable
  }
  if (!stream || !response.body) return wholeAnswer(response, line)
  return { ...headOf(response), ...line, body: streamedBody(response.body, stream.end), ended: stream.ended }
}

/** Does the same for a response that is not a stream. */
export async function wholeAnswer(response: Response, { outcome, operation }: Line): Promise<WholeAnswer> {
  return { ...headOf(response), outcome, operation, body: await response.text() }
}

function headOf({ status, headers }: Response): Pick<Answer, 'status' | 'headers'> {
  const given = Object.fromEntries([...headers].map(([name, value]) => [name.toLowerCase(), value]))
  // Yoga sets no-cache for event streams, which still allows storing them.
  const isEvents = given['content-type']?.startsWith('text/event-stream')
  return { status, headers: isEvents ? { ...given, 'cache-control': 'no-store' } : given }
}

/** Returns the body of Yoga's response, read as it is sent, and cancelled at once when the client leaves. */
function streamedBody(body: ReadableStream<Uint8Array>, end: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        end()
        // The reader's own cancel would wait for the next chunk. Yoga reports an error for a cancel before the first
        // chunk.
        await body.cancel().catch(() => {})
      },
    },
    { highWaterMark: 0 },
  )
}

/** The answer to a GraphQL request whose Accept header allows none of our types. */
export const notAcceptable: Answer = graphqlProblemResponse(
  problem(
    'NOT_ACCEPTABLE',
    'The answer is application/graphql-response+json or application/json; to a subscription it is text/event-stream.',
  ),
)
