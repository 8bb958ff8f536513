import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { offlineSchemaEngine } from '../../src/schema-engine/choose.ts'

/** How a process ended, and what it printed. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. */
export function run(
  file: string,
  args: readonly string[],
  { env = {}, cwd, input }: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...process.env, ...env }, ...(cwd && { cwd }) })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.end(input)
  })
}

/** Runs the schema engine as the Prisma CLI does, with these lines on its stdin. */
export function runEngine(
  url: string,
  args: readonly string[],
  lines: readonly string[] = [],
  engine = offlineSchemaEngine,
) {
  return run(engine, ['--datasource', JSON.stringify({ url }), ...args], {
    input: lines.map((line) => `${line}\n`).join(''),
  })
}

/** A JSON-RPC request line. */
export function request(id: number, method: string, params: object = {}): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params })
}

/** The answers among the lines that the engine printed. */
export function answersIn({ stdout }: Ended): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** Talks to an engine whose stdin stays open: the answer to the first request, then the exit code. */
export async function talk(url: string, lines: readonly string[]): Promise<Ended> {
  const child = spawn(offlineSchemaEngine, ['--datasource', JSON.stringify({ url })])
  let stdout = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`
  })
  for (const line of lines) child.stdin.write(`${line}\n`)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr: '' }
}
