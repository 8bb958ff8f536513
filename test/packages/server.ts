import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { environment } from '../../docs/test/command.ts'
import { listen } from './listen.ts'

/** A GraphQL server in its own process. */
interface GraphQLServer {
  /** Sends a document as a user. Returns the answer. */
  ask(query: string, user: string): Promise<unknown>
  stop(): Promise<void>
}

/** Starts `node …` in a folder, on a free port, and waits until it answers. @throws Error with its output when it ends first. */
export async function startServer(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<GraphQLServer> {
  const port = await freePort()
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: environment({ ...env, PORT: port }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const ended = once(child, 'exit')
  const ask = async (query: string, user: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user': user },
      body: JSON.stringify({ query }),
    })
    return response.json()
  }
  while (!(await ask('{ __typename }', 'nobody').catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`The server ended:\n${output}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    ask,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function freePort(): Promise<string> {
  const server = createServer()
  const { port } = new URL(await listen(server))
  await new Promise((resolve) => server.close(resolve))
  return port
}
