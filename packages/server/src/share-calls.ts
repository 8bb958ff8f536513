/**
 * Returns a function whose calls share one result: a call made while another is under way gets the result of that one.
 */
export function shareCalls<Result>(call: () => Promise<Result>): () => Promise<Result> {
  let current: Promise<Result> | undefined
  return () => {
    current ??= call().finally(() => {
      current = undefined
    })
    return current
  }
}
