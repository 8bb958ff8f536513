import { problem } from '@shared-ledger/rest'
import { type Answer, graphqlProblemResponse, type WholeAnswer } from './answer.ts'
import type { GraphqlServerContext } from './graphql-server-context.ts'

type Line = GraphqlServerContext['line']

/** A response of Yoga's as an answer of the app, with what was noted of it for the log. */
export async function yogaAnswer(response: Response, { stream, ...line }: Line): Promise<Answer> {
  if (response.status === 406) {
    stream?.end()
    return notAcceptable
  }
  if (!stream || !response.body) return wholeAnswer(response, line)
  return { ...headOf(response), ...line, body: streamedBody(response.body, stream.end), ended: stream.ended }
}

/** The same of a response that is no stream. */
export async function wholeAnswer(response: Response, { outcome, operation }: Line): Promise<WholeAnswer> {
  return { ...headOf(response), outcome, operation, body: await response.text() }
}

function headOf({ status, headers }: Response): Pick<Answer, 'status' | 'headers'> {
  const given = Object.fromEntries([...headers].map(([name, value]) => [name.toLowerCase(), value]))
  // Of events Yoga says no-cache, which lets them be stored.
  const isEvents = given['content-type']?.startsWith('text/event-stream')
  return { status, headers: isEvents ? { ...given, 'cache-control': 'no-store' } : given }
}

/** The body of Yoga's own kind of response: read as it is sent, and let go of at once when its client leaves. */
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
        // The reader's own cancel would wait for the next chunk; one before the first is an error to Yoga.
        await body.cancel().catch(() => {})
      },
    },
    { highWaterMark: 0 },
  )
}

/** What a GraphQL request is answered whose Accept header allows none of the types that there are. */
export const notAcceptable: Answer = graphqlProblemResponse(
  problem(
    'NOT_ACCEPTABLE',
    'The answer is application/graphql-response+json or application/json; to a subscription it is text/event-stream.',
  ),
)
