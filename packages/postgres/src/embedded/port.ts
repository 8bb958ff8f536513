import { createServer } from 'node:net'

/** Returns the wanted port if it is free, else any free port. */
export async function freePort(wanted: number): Promise<number> {
  return (await bind(wanted)) ?? (await bind(0)) ?? wanted
}

function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : undefined))
    })
  })
}
