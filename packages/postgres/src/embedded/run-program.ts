import { spawn } from 'node:child_process'
import path from 'node:path'
import type { ServerUser } from './server-user.ts'

/** Runs a program to its end and returns its output. @throws Error with the output when the exit code is not 0 */
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

/** Returns the user, folder and environment for PostgreSQL's programs. */
export function surroundings(user: ServerUser | undefined) {
  // PGDATA, PGPORT and the like may belong to another server.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))
  return {
    ...(user && { uid: user.uid, gid: user.gid }),
    cwd: path.parse(process.cwd()).root, // the user may not be allowed to enter this process's folder
    env: { ...Object.fromEntries(environment), LC_ALL: 'C' },
  }
}
