import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/**
 * The kinds of server: an app on the ledger, the same with requests that give a name, the same without the bounds of
 * its work, the same on a ledger that does nothing, and that ledger without the app's server.
 */
const serverKinds = ['ledger', 'named', 'unbounded', 'no-op', 'bare'] as const
export type ServerKind = (typeof serverKinds)[number]

export interface Servers {
  /** Returns the url of a server. It starts in its own process on the first call. */
  urlOf(kind: ServerKind): Promise<string>
  /** Returns the processor time that the server has used so far, in µs. */
  cpuTimeOf(kind: ServerKind): Promise<number>
  stop(): Promise<void>
}

export function createServers(databaseUrl: string): Servers {
  const started = new Map<ServerKind, { readonly url: Promise<string>; readonly child: ChildProcess }>()
  const serverOf = (kind: ServerKind) => {
    const server = started.get(kind) ?? startServer(kind, databaseUrl)
    started.set(kind, server)
    return server
  }
  return {
    urlOf: (kind) => serverOf(kind).url,
    async cpuTimeOf(kind) {
      const { url, child } = serverOf(kind)
      await url
      const answered = once(child, 'message')
      child.send('cpu')
      const [{ user, system }] = await answered
      return user + system
    },
    async stop() {
      const running = [...started.values()].filter(
        ({ child }) => child.exitCode === null && !child.signalCode,
      )
      await Promise.all(
        running.map(({ child }) => {
          const exited = once(child, 'exit')
          child.kill('SIGTERM')
          return exited
        }),
      )
    },
  }
}

function startServer(kind: ServerKind, databaseUrl: string) {
  const child = fork(join(import.meta.dirname, 'serve.ts'), [kind], {
    env: { ...process.env, DATABASE_URL: databaseUrl, PORT: '0', NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const url = new Promise<string>((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url))
    child.once('exit', (code) => reject(new Error(`The server ${kind} ended with ${code}.`)))
  })
  return { child, url }
}
