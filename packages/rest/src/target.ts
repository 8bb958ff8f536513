import { problem } from './problem.ts'

/** The target of a request, decoded byte for byte. `..`, `//` and `+` stay. */
export interface Target {
  /** The path as it was sent, for the log. */
  readonly path: string
  readonly segments: readonly string[]
  readonly query: readonly (readonly [name: string, value: string])[]
}

/**
 * Splits and decodes a raw request target (`/ledger/a%2Fb?first=1`). `new URL` would normalise it, and lose an owner
 * called `..`.
 *
 * @throws Problem MALFORMED_PATH when it is not percent-encoded UTF-8
 */
export function parseTarget(target: string): Target {
  const { path, search } = splitTarget(target)
  if (!path.startsWith('/')) throw problem('MALFORMED_PATH')
  return { path, segments: path.slice(1).split('/').map(decode), query: parseQuery(search) }
}

/** Splits a target into its path and query. Proxies are sent targets in absolute form, which work too. */
export function splitTarget(target: string): { path: string; search: string } {
  const origin = /^https?:\/\/[^/?#]*/i.exec(target)?.[0] ?? ''
  const [rest = ''] = target.slice(origin.length).split('#')
  const mark = rest.indexOf('?')
  const path = mark < 0 ? rest : rest.slice(0, mark)
  return { path: path === '' ? '/' : path, search: mark < 0 ? '' : rest.slice(mark + 1) }
}

function parseQuery(search: string): [string, string][] {
  if (search === '') return []
  return search
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.replaceAll('+', '%20').split('=')
      return [decode(name), decode(value.join('='))]
    })
}

/** Decodes percent-encoded UTF-8 strictly: overlong forms and surrogates are refused, and a byte order mark stays. */
function decode(text: string): string {
  if (/[^!-~]/.test(text)) throw problem('MALFORMED_PATH')
  try {
    return text.includes('%') ? decodeURIComponent(text) : text
  } catch {
    throw problem('MALFORMED_PATH')
  }
}
