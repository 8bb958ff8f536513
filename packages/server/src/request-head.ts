import { type Problem, problem } from '@shared-ledger/rest'
import { bounds } from './bounds.ts'
import type { IsOwnHost } from './hosts.ts'
import type { SocketRequest } from './raw-request.ts'

/** Returns why a request is refused for its head, whatever it asks for. */
export function headProblem(
  request: Pick<SocketRequest, 'httpVersion' | 'headerCount' | 'repeated' | 'target' | 'header'>,
  isOwnHost: IsOwnHost,
): Problem | undefined {
  const { httpVersion, headerCount, repeated, target } = request
  if (headerCount > bounds.headers) {
    return problem('MALFORMED_REQUEST', `The request has more than ${bounds.headers} headers.`)
  }
  if (repeated !== undefined) {
    return problem('MALFORMED_REQUEST', `The header ${repeated.slice(0, 100)} is given more than once.`)
  }
  if (httpVersion === '1.1' && request.header('host') === null) {
    return problem('MALFORMED_REQUEST', 'The request has no header Host.')
  }
  // A target in absolute form names a host as well. HTTP/1.0 may name none, but no browser speaks it.
  const named = target.startsWith('/') ? undefined : /^https?:\/\/([^/?#]*)/i.exec(target)?.[1]
  return hostProblem(named ?? null, isOwnHost) ?? hostProblem(request.header('host'), isOwnHost)
}

function hostProblem(authority: string | null, isOwnHost: IsOwnHost): Problem | undefined {
  const isOwn = authority === null || isOwnHost(authority)
  if (isOwn === undefined) return problem('MALFORMED_REQUEST', 'The request names an invalid host.')
  if (!isOwn) return misdirected(authority)
  return undefined
}

function misdirected(authority: string | null): Problem {
  return problem(
    'MISDIRECTED_REQUEST',
    `This server does not answer for ${JSON.stringify(authority?.slice(0, 300))}. Use the address at which it listens, ` +
      'or have the host added to its setting ALLOWED_HOSTS.',
  )
}
