import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withConnection } from '@shared-ledger/postgres'

const microsecondsPerTick = 10_000

/** Returns a function that returns the processor time, in µs, which all processes of a server of this machine have used. */
export async function processorTimeOf(url: string): Promise<() => number> {
  const data = await withConnection(url, async (sql) => (await sql.query('SHOW data_directory')).rows[0])
  const [postmaster = ''] = readFileSync(join(data.data_directory, 'postmaster.pid'), 'utf8').split('\n')
  return () => {
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ')
    const running = [postmaster, ...children].map(runningTime)
    return running.reduce((sum, time) => sum + time, endedTime(postmaster))
  }
}

/** Returns the processor time of a process, in µs. 0 for one that has ended. */
export function runningTime(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000
  } catch {
    return 0
  }
}

/** Returns the time of a process's children that have ended. */
function endedTime(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the program's name, which may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * microsecondsPerTick
}
