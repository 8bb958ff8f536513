import { spawn } from 'node:child_process'

/** How a command ended, and what it printed to stdout and stderr. */
export interface Run {
  readonly exitCode: number | null
  readonly output: string
}

/** Runs a command line of a document in a folder, without colours. */
export function runCommand(command: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', command], {
      cwd,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, output }))
  })
}

/** Returns the environment of a person's shell, without the variables that npm and Vitest add. */
export function environment(extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_ENV$|NODE_OPTIONS$)/i.test(name),
  )
  return { ...Object.fromEntries(own), NO_COLOR: '1', npm_config_loglevel: 'error', ...extra }
}
