import type { Principal } from '@shared-ledger/ledger/facts'
import { Problem, problem } from '@shared-ledger/rest'
import type { Identify, RequestHead } from '../identify.ts'

/** Called when a principal's stream has ended. */
export type Unfollow = () => void

/** One kind of credentials: API keys, or tokens. */
export interface Credentials {
  /** Whether a text looks like a credential of this kind. */
  takes(credential: string): boolean
  /** Returns the principal, or the problem to answer with. @throws LedgerError when that cannot be decided now */
  identify(credential: string): Principal | Problem | Promise<Principal | Problem>
  /** Watches a principal's right while its stream is open, and aborts its `ends` when the right ends. */
  follow(principal: Principal): Unfollow
  /** Closes what it holds. Call it after the last request is answered. */
  close(): Promise<void>
}

/** Identifies requests by their Authorization header, whichever kind of credential it has. */
export function identifyBy(kinds: readonly Credentials[]): Identify {
  return (head) => {
    const credential = bearerOf(head)
    if (credential instanceof Problem) return credential
    return (
      kinds.find((kind) => kind.takes(credential))?.identify(credential) ??
      problem('UNAUTHENTICATED', unknownKind)
    )
  }
}

/** Returns the text of `Authorization: Bearer …`. A request with two such headers is refused before it comes here. */
function bearerOf({ header }: Pick<RequestHead, 'header'>): string | Problem {
  const given = header('authorization')
  if (given === null) return problem('UNAUTHENTICATED', missing)
  return /^bearer +([\w.~+/-]+=*)$/i.exec(given)?.[1] ?? problem('UNAUTHENTICATED', malformed)
}

const missing = 'The request has no header Authorization. Send one: Bearer, a space, and your key or token.'
const malformed = 'The header Authorization must be: Bearer, a space, and one key or token.'
const unknownKind = 'The header Authorization has neither a key nor a token that this server accepts.'
