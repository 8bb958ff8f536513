import { execFileSync } from 'node:child_process'
import os from 'node:os'

/** What was measured, and where. */
export interface Surroundings {
  readonly commit: string
  /** Whether files differed from that commit. */
  readonly dirty: boolean
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
}

export function surroundings(): Surroundings {
  const cpus = os.cpus()
  return {
    commit: git('rev-parse', 'HEAD'),
    // Files that a run itself writes do not count.
    dirty: git('status', '--porcelain', '--', '.', ':!bench/results.json', ':!docs/performance.md') !== '',
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
  }
}

/** Returns the machine's load over the last minute. */
export function load(): number {
  return Math.round((os.loadavg()[0] ?? 0) * 100) / 100
}

// Without git, or outside of a repository, the results say so.
function git(...args: string[]): string {
  try {
    const cwd = `${import.meta.dirname}/..`
    return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}
