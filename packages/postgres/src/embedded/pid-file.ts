import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import path from 'node:path'
import { codeOf } from '../errors.ts'

/** The content of a running server's postmaster.pid. */
export interface PidFile {
  readonly pid: number
  readonly port: number
  /** "starting", "ready", "stopping" or "standby". */
  readonly status: string
}

const pidFileOf = (data: string): string => path.join(data, 'postmaster.pid')

/**
 * Reads the postmaster.pid of a data folder. Returns undefined when no server runs there: the file is missing, or its
 * process is gone.
 */
export function readPidFile(data: string): PidFile | undefined {
  let lines: string[]
  try {
    lines = readFileSync(pidFileOf(data), 'utf8').split('\n')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  const [pid, , , port, , , , status] = lines
  if (!pid || !isServerOf(data, Number(pid))) return undefined
  return { pid: Number(pid), port: Number(port ?? 0), status: status?.trim() || 'starting' }
}

/**
 * Removes the postmaster.pid of a server that was killed. Returns the port that the server had, which apps may still
 * use. PostgreSQL recognises most stale files by itself. It does not when the process id now belongs to another process
 * of the same user, or to a zombie.
 */
export function removeStalePidFile(data: string): number | undefined {
  if (readPidFile(data) !== undefined || !existsSync(pidFileOf(data))) return undefined
  const port = Number(readFileSync(pidFileOf(data), 'utf8').split('\n')[3])
  rmSync(pidFileOf(data), { force: true })
  return port > 0 && port < 65_536 ? port : undefined
}

// The process id that a killed server left may now belong to any process, even to another folder's PostgreSQL.
function isServerOf(data: string, pid: number): boolean {
  if (!isAlive(pid)) return false
  try {
    if (process.platform === 'linux') return isLinuxServerOf(data, pid)
    if (process.platform === 'win32') return true
    const line = execFileSync('ps', ['-ww', '-o', 'stat=,command=', '-p', String(pid)], { encoding: 'utf8' })
    return line.includes('postgres') && line.includes(data) && !line.startsWith('Z')
  } catch {
    return false
  }
}

function isLinuxServerOf(data: string, pid: number): boolean {
  // Format: pid (comm) state …. A zombie is a dead process that nobody has waited for.
  const [, comm, state] = /^\d+ \((.*)\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
  if (comm !== 'postgres' || state === 'Z') return false
  return folderOf(pid) === realpathSync(data)
}

/**
 * Returns a process's working directory. In a container without SYS_PTRACE this is hidden, so its argument -D counts
 * instead.
 */
function folderOf(pid: number): string | undefined {
  try {
    return realpathSync(`/proc/${pid}/cwd`)
  } catch (error) {
    if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') throw error
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    const folder = args[args.indexOf('-D') + 1]
    return folder && realpathSync(folder)
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
