import type { Principal } from '@shared-ledger/ledger/facts'
import { Problem, problem } from '@shared-ledger/rest'
import type { Identify, RequestHead } from '../identify.ts'

/** Tells that a stream of a principal has ended. */
export type Unfollow = () => void

/** A kind of credential that requests bring: keys, or tokens. */
export interface Credentials {
  /** Whether a text is meant as one of this kind. */
  takes(credential: string): boolean
  /** Says whose it is, or why it is not accepted. @throws LedgerError where that cannot be found out now */
  identify(credential: string): Principal | Problem | Promise<Principal | Problem>
  /** Watches over the right of a principal of this kind for as long as a stream of it is open: its `ends` is kept up to date. */
  follow(principal: Principal): Unfollow
  /** Lets go of what it holds, once the last request is answered. */
  close(): Promise<void>
}

/** Identifies requests by the credentials of whichever kind they bring, in the header Authorization alone. */
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

/** The text of `Authorization: Bearer …`. More than one such header never comes here. */
function bearerOf({ header }: Pick<RequestHead, 'header'>): string | Problem {
  const given = header('authorization')
  if (given === null) return problem('UNAUTHENTICATED', missing)
  return /^bearer +([\w.~+/-]+=*)$/i.exec(given)?.[1] ?? problem('UNAUTHENTICATED', malformed)
}

const missing = 'The request has no header Authorization. Send one: Bearer, a space, and your key or token.'
const malformed = 'The header Authorization must be: Bearer, a space, and one key or token.'
const unknownKind = 'What the header Authorization has is neither a key nor a token that this server takes.'
