import type { LedgerTracer } from '../tracing.ts'

/** Sends a query as node-postgres takes it, with a callback or for a promise, and tells the tracer when it has ended. */
export function tracedQuery(
  tracer: LedgerTracer,
  args: unknown[],
  ask: (args: unknown[]) => unknown,
): unknown {
  const text = textOf(args[0])
  if (text === undefined) return ask(args)
  const end = tracer.statement(text)
  const callback = args.at(-1)
  if (typeof callback === 'function') {
    const told = (error: unknown, ...results: unknown[]) => {
      end(error)
      Reflect.apply(callback, undefined, [error, ...results])
    }
    return ask([...args.slice(0, -1), told])
  }
  const answer = ask(args)
  if (answer instanceof Promise) answer.then(() => end(), end)
  else end()
  return answer
}

/** Returns the text of a query, which node-postgres takes directly or in an object. */
export function textOf(query: unknown): string | undefined {
  if (typeof query === 'string') return query
  if (typeof query !== 'object' || query === null || !('text' in query)) return undefined
  return typeof query.text === 'string' ? query.text : undefined
}
