import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { codeOf } from '../connection.ts'

/** What a running server writes into postmaster.pid. */
export interface PidFile {
  readonly pid: number
  readonly port: number
  /** "starting", "ready", "stopping" or "standby". */
  readonly status: string
}

const pidFileOf = (data: string): string => path.join(data, 'postmaster.pid')

/** The postmaster.pid of a data folder, or undefined when no server has it: none there, or its process is gone. */
export function readPidFile(data: string): PidFile | undefined {
  let lines: string[]
  try {
    lines = readFileSync(pidFileOf(data), 'utf8').split('\n')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  const [pid, , , port, , , , status] = lines
  if (!pid || !isPostgres(Number(pid))) return undefined
  return { pid: Number(pid), port: Number(port ?? 0), status: status?.trim() || 'starting' }
}

/**
 * Removes the postmaster.pid of a server that was killed. PostgreSQL itself sees through most stale ones, but not
 * when its process id went to another process of the same user, or is a zombie.
 */
export function removeStalePidFile(data: string): void {
  if (readPidFile(data) === undefined) rmSync(pidFileOf(data), { force: true })
}

function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false
  try {
    if (process.platform === 'linux') {
      // pid (comm) state …: a zombie is a dead process that nobody has waited for
      const [, comm, state] = /^\d+ \((.*)\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
      return comm === 'postgres' && state !== 'Z'
    }
    if (process.platform === 'win32') return true
    const line = execFileSync('ps', ['-o', 'stat=,command=', '-p', String(pid)], { encoding: 'utf8' })
    return line.includes('postgres') && !line.startsWith('Z')
  } catch {
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
