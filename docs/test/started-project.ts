import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { environment } from './command.ts'
import type { ProjectCopy } from './project-copy.ts'

/** `npx shared-ledger start` of one app while it runs, with the project's embedded database. */
export interface StartedProject {
  readonly url: string
  /** What it has printed so far. */
  output(): string
  /** Sends a body by POST, or a GET without one. */
  send(path: string, body?: object): Promise<{ readonly status: number; readonly json: unknown }>
  /** Ends it as Ctrl+C does. */
  stop(): Promise<void>
}

/**
 * Runs `npx shared-ledger start` for one app in a copy of the project, with these settings in addition to the shell's.
 *
 * @throws Error with its output when it does not start
 */
export async function startProject(
  project: Pick<ProjectCopy, 'root'>,
  app: string,
  settings: NodeJS.ProcessEnv = {},
): Promise<StartedProject> {
  const child = spawn('sh', ['-c', `exec npx shared-ledger start ${app}`], {
    cwd: project.root,
    env: environment({ PORT: '0', ...settings }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(String(chunk)))
  const url = await urlOf(child, app)
  return {
    url,
    output: () => chunks.join(''),
    async send(path, body) {
      const response = await fetch(`${url}${path}`, {
        ...(body && {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      })
      return { status: response.status, json: await response.json() }
    },
    async stop() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      const closed = once(child, 'close')
      process.kill(-child.pid, 'SIGINT')
      await closed
    },
  }
}

function urlOf({ stdout, stderr }: ChildProcess, app: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    for (const stream of [stdout, stderr]) {
      stream?.on('data', (chunk) => {
        output += chunk
        const url = new RegExp(`^ +${app} +(http:\\S+)$`, 'm').exec(output)?.[1]
        if (url !== undefined) resolve(url)
      })
    }
    stdout?.on('end', () => reject(new Error(`npx shared-ledger start ended:\n${output}`)))
  })
}
