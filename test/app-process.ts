import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** An app's server in a process of its own, as `npm start` runs it. */
export interface AppProcess {
  readonly url: string
  readonly process: ChildProcess
  /** What it wrote to stdout and stderr so far. */
  output(): string
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Starts `apps/<app>/src/server.ts` on a free port: of the project, or of a copy of it.
 * @throws Error with its output when it does not start.
 */
export async function startAppProcess(
  app: string,
  databaseUrl: string,
  project: string = root,
): Promise<AppProcess> {
  const child = fork(path.join(project, 'apps', app, 'src', 'server.ts'), {
    cwd: project,
    execArgv: ['--conditions=@shared-ledger/source', '--import', 'tsx'],
    env: { ...process.env, DATABASE_URL: databaseUrl, PORT: '0', NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const chunks: string[] = []
  child.stdout?.on('data', (chunk) => chunks.push(String(chunk)))
  child.stderr?.on('data', (chunk) => chunks.push(String(chunk)))
  const exited = once(child, 'exit')
  const url = await new Promise<string>((resolve, reject) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && 'url' in message && typeof message.url === 'string')
        resolve(message.url)
    })
    child.on('exit', () => reject(new Error(`The app ${app} did not start:\n${chunks.join('')}`)))
  })
  return {
    url,
    process: child,
    output: () => chunks.join(''),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exited
    },
  }
}
