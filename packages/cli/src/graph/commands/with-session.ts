import type { Session, SessionOptions } from '../session.ts'

/** Runs a command in a session with the app's graph. The command and the client are loaded when it is called. */
export function withSession<Given>(
  load: () => Promise<(session: Session, given: Given) => Promise<number>>,
  limits: { readonly attempts?: number } = {},
): (given: Given & { readonly values: SessionOptions }) => Promise<number> {
  return async (given) => {
    const { inSession } = await import('../session.ts')
    const run = await load()
    return inSession(given, (session) => run(session, given), limits)
  }
}
