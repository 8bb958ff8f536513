import { isIP } from 'node:net'

/** Whether a server answers for the host in `host:port`; undefined where the text is no host. */
export type IsOwnHost = (authority: string) => boolean | undefined

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** Whether a server that listens there is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return loopback.test(nameOf(bracketed(host)) ?? host)
}

/** How many texts are remembered: a server is asked for by few. */
const maxKnown = 100

/**
 * Tells the hosts for which a server answers from others. A web page can have its own name lead to this server, and is
 * then let read and post by the browser of whoever looks at it: so only names that the server knows are answered. No page
 * can do that with an address, so a server that other machines reach answers for every address.
 *
 * @param host What the server listens on.
 * @param allowed The setting ALLOWED_HOSTS: further hosts, separated by commas; `*` is every host.
 * @throws Error on an ALLOWED_HOSTS that is none.
 */
export function createHosts({ host, allowed }: { host: string; allowed: string }): IsOwnHost {
  const own = nameOf(bracketed(host)) ?? host
  const others = new Set(readAllowedHosts(allowed))
  const isOwn = (name: string) =>
    loopback.test(name) ||
    name === own ||
    others.has(name) ||
    others.has('*') ||
    (!loopback.test(own) && isAddress(name))

  const known = new Map<string, boolean>()
  return (authority) => {
    const before = known.get(authority)
    if (before !== undefined) return before
    const name = nameOf(authority)
    if (name === undefined) return undefined
    const judged = isOwn(name)
    if (known.size < maxKnown) known.set(authority, judged)
    return judged
  }
}

/** The hosts of an ALLOWED_HOSTS. @throws Error that names the first that is none. */
export function readAllowedHosts(allowed: string): string[] {
  const given = allowed.split(',').map((each) => each.trim())
  return given
    .filter((each) => each !== '')
    .map((each) => {
      const host = bracketed(each)
      const name = /^(?:\[.+\]|[^:]+)$/.test(host) ? nameOf(host) : undefined
      if (each === '*') return each
      if (name !== undefined) return name
      throw new Error(
        `ALLOWED_HOSTS must be hosts separated by commas, without scheme, port and path, not ${JSON.stringify(each)}.`,
      )
    })
}

/** The host of `host:port` as the URL standard writes it, which takes Latin capitals and short addresses for the same. */
function nameOf(authority: string): string | undefined {
  if (/[\s/?#@\\]/.test(authority)) return undefined
  try {
    return new URL(`http://${authority}`).hostname
  } catch {
    return undefined
  }
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

function isAddress(name: string): boolean {
  return isIP(name.replace(/^\[(.+)\]$/, '$1')) !== 0
}
