import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { chooseApps } from '@shared-ledger/postgres'

const SERVER = 'src/server.ts'

/** One app's server, in a process of its own. */
export interface ServerProcess {
  readonly app: string
  /** The address, once the server takes requests; undefined when it ends before. */
  readonly ready: Promise<string | undefined>
  /** How it ended: "exit code 1", "SIGKILL"; undefined for an end in order. */
  readonly ended: Promise<string | undefined>
  kill(signal: NodeJS.Signals): void
}

/** The named apps, or all that have a server. */
export function chooseServers(root: string, names: readonly string[]): string[] {
  return chooseApps(root, names.length > 0 ? names : undefined, SERVER)
}

/**
 * Starts an app's server. It is a session of its own, so that Ctrl+C reaches it once, through us; and it has a channel to
 * us, whose end tells it that we are gone.
 */
export function startServerProcess(app: string, root: string, env: NodeJS.ProcessEnv): ServerProcess {
  const source = ['--conditions=@shared-ledger/source', '--import', 'tsx', path.join('apps', app, SERVER)]
  const child = spawn(process.execPath, source, {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = endOf(child)
  return {
    app,
    ready: Promise.race([readyOf(child), ended.then(() => undefined)]),
    ended,
    kill: (signal) => void child.kill(signal),
  }
}

function readyOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (typeof message !== 'object' || message === null || !('type' in message) || !('url' in message))
        return
      if (message.type === 'ready' && typeof message.url === 'string') resolve(message.url)
    })
  })
}

function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(undefined)
      else resolve(signal ?? `exit code ${code}`)
    })
  })
}
