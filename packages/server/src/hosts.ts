import { isIP } from 'node:net'

/** Whether a server answers for the host in `host:port`. Undefined when the text is not a host. */
export type IsOwnHost = (authority: string) => boolean | undefined

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** Whether a server on this address can be reached only from this machine. */
export function isLoopback(host: string): boolean {
  return loopback.test(nameOf(bracketed(host)) ?? host)
}

/** How many results are cached. Clients use few names for a server. */
const maxKnown = 100

/**
 * Decides for which hosts a server answers. It prevents DNS rebinding: a web page can make its own name point to this
 * server, and could then read and post through the browser of its visitor. Only known names are answered. A page cannot
 * do this with an IP address, so a server that other machines reach answers for every address.
 *
 * @param host The address that the server listens on.
 * @param allowed The setting ALLOWED_HOSTS: further hosts, separated by commas. `*` allows every host.
 * @throws Error when ALLOWED_HOSTS has something that is not a host
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

/** Returns the hosts in an ALLOWED_HOSTS. @throws Error that names the first text that is not a host */
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

/**
 * Returns the host of `host:port` in the form of the URL standard: in lower case, with short IP addresses written out.
 */
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
