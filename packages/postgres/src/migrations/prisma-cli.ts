import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'

export interface PrismaRun {
  readonly exitCode: number
  readonly stdout: string
  /** Everything it printed, in order, without colours. */
  readonly output: string
}

export interface PrismaOptions {
  /** The project's root. */
  readonly root: string
  readonly databaseUrl?: string
}

/**
 * Runs the stock Prisma CLI to its end, quietly. It is a session of its own, which Ctrl+C does not reach: a migration or
 * a comparison that has begun ends in order, and its databases are dropped.
 */
export function runPrisma(args: readonly string[], { root, databaseUrl }: PrismaOptions): Promise<PrismaRun> {
  const prisma = createRequire(import.meta.url).resolve('prisma/package.json')
  const cli = path.join(path.dirname(prisma), 'build', 'index.js')
  const generators = [root, path.resolve(prisma, '..', '..', '..')].map((home) =>
    path.join(home, 'node_modules/.bin'),
  )
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: root,
      detached: true,
      windowsHide: true, // a session of its own is a window of its own there
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...(databaseUrl && { DATABASE_URL: databaseUrl }),
        PATH: [...generators, process.env.PATH].join(path.delimiter),
        NO_COLOR: '1',
        CHECKPOINT_DISABLE: '1', // no call home for news and statistics
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
      },
    })
    let stdout = ''
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      output += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ exitCode: code ?? 1, stdout, output: output.trim() }))
  })
}
