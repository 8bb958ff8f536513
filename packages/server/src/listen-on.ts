import type { Server } from 'node:http'
import type { ListenOptions } from 'node:net'

/**
 * Makes a server listen.
 *
 * @throws the error that `taken` returns, when another process has the port
 */
export function listenOn(server: Server, at: ListenOptions, taken: () => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? taken() : error),
    )
    server.listen(at, () => resolve())
  })
}
