import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Returns the processes that a process has started. */
export function childrenOf(parent: number): number[] {
  return pairs().flatMap(([pid, ppid]) => (ppid === parent ? [pid] : []))
}

/**
 * Returns every process with its parent. It reads Linux' own files when there are some, because a container may have no
 * ps.
 */
function pairs(): (readonly [pid: number, ppid: number])[] {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(name)])
  }
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, ppid = 0]) => [pid, ppid])
}

/** Format: pid (comm) state ppid …. Returns 0 for a process that has ended meanwhile. */
function parentOf(pid: string): number {
  try {
    return Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Sends a signal to a process that may have ended. */
export function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, name)
  } catch {
    // it has ended
  }
}
