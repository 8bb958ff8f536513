import { spawn } from 'node:child_process'
import path from 'node:path'
import type { ServerUser } from './server-user.ts'

/** Runs a program to its end and answers its output; an exit code other than 0 is an error that shows the output. */
export function runProgram(
  file: string,
  args: readonly string[],
  user: ServerUser | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...surroundings(user), stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output)
      reject(new Error(`${path.basename(file)} failed (${signal ?? `exit code ${code}`}):\n${output.trim()}`))
    })
  })
}

/** The user, folder and environment in which PostgreSQL's programs run. */
export function surroundings(user: ServerUser | undefined) {
  // PGDATA, PGPORT and the like belong to another server.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))
  return {
    ...(user && { uid: user.uid, gid: user.gid }),
    cwd: path.parse(process.cwd()).root, // the user may not enter the one of this process
    env: { ...Object.fromEntries(environment), LC_ALL: 'C' },
  }
}
