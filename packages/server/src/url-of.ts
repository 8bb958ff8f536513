import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Returns the address under which a browser on this machine finds a server that listens on `host`. */
export function urlOf(server: Server, host: string): string {
  const address: AddressInfo | string | null = server.address()
  const port = typeof address === 'object' && address ? address.port : ''
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
