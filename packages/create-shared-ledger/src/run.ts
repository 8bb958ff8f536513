import { spawn } from 'node:child_process'

/** Runs a program in a folder, and shows its output. @throws Error when it fails. */
export function run(program: 'npm' | 'node', args: readonly string[], folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // On Windows npm is a script, which only a shell can start.
    const child = spawn(program, args, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`In ${folder}, this failed: ${program} ${args.join(' ')}`))
    })
  })
}
