import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeSuiteKey } from '../packages/postgres/src/testing/suite-key.ts'

/** An app's server in its own process, as `npm start` runs it. */
export interface AppProcess {
  readonly url: string
  readonly process: ChildProcess
  /** Returns what it wrote to stdout and stderr so far. */
  output(): string
  /** Ends it in order, with its workers. */
  stop(): Promise<void>
  /** The exit code, once it and its workers have ended: each holds its stdout. */
  readonly ended: Promise<number | null>
}

interface AppProcessOptions {
  /** The folder of a copy of the project. */
  readonly project?: string | undefined
  /** With more than one, the process is the primary of so many workers. The default is 2 in `npm run test:workers`. */
  readonly workers?: number
  readonly env?: NodeJS.ProcessEnv
}

const root = fileURLToPath(new URL('..', import.meta.url))
const usualWorkers = process.env.MODE === 'workers' ? 2 : 1

/**
 * Starts `apps/<app>/src/server.ts` on a free port, of the project or of a copy of it.
 *
 * @throws Error with its output when it does not start
 */
export async function startAppProcess(
  app: string,
  databaseUrl: string,
  { project = root, workers = usualWorkers, env }: AppProcessOptions = {},
): Promise<AppProcess> {
  if (process.env.MODE === 'keys') await makeSuiteKey(databaseUrl)
  const server = path.join(project, 'apps', app, 'src', 'server.ts')
  const [file, args] =
    workers > 1
      ? [path.join(root, 'packages/cli/src/primary.ts'), [app, server, String(workers)]]
      : [server, []]
  const child = fork(file, args, {
    cwd: project,
    execArgv: ['--conditions=@shared-ledger/source', '--import', 'tsx'],
    env: { ...process.env, DATABASE_URL: databaseUrl, PORT: '0', NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const chunks: string[] = []
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
  for (const stream of streams) stream.on('data', (chunk) => chunks.push(String(chunk)))
  const ended = Promise.all([once(child, 'exit'), ...streams.map((stream) => once(stream, 'end'))]).then(
    ([[code]]) => code,
  )
  const url = await new Promise<string>((resolve, reject) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && 'url' in message && typeof message.url === 'string')
        resolve(message.url)
    })
    ended.then((code) =>
      reject(new Error(`The app ${app} did not start (exit code ${code}):\n${chunks.join('')}`)),
    )
  })
  return {
    url,
    process: child,
    output: () => chunks.join(''),
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}
