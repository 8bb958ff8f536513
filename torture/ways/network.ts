import { type Outcome, unknown, wrong } from '../outcome.ts'

/** How long a client waits for an answer. */
export const timeoutMs = 5_000

/** What came back: a status and JSON, or why there was no answer. */
type Reply =
  | { readonly status: number; readonly headers: Headers; readonly body: unknown }
  | { readonly failed: Outcome }

/**
 * Sends JSON once. The outcome stays open when the server cannot be reached, the connection is lost or the answer is
 * late.
 */
export async function postJson(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  let text: string
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    text = await response.text()
  } catch (error) {
    return { failed: unknown(whyOf(error)) }
  }
  try {
    return { status: response.status, headers: response.headers, body: JSON.parse(text) }
  } catch {
    return { failed: wrong(`${response.status}, and no JSON: ${text}`) }
  }
}

function whyOf(error: unknown): string {
  return error instanceof Error && error.name === 'TimeoutError' ? 'TIMEOUT' : 'CONNECTION_LOST'
}
