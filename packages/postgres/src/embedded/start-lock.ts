import path from 'node:path'
import lockfile from 'proper-lockfile'
import { codeOf } from '../errors.ts'

interface StartLockOptions {
  readonly directory: string
  /** Called with a line when others keep the lock for long. */
  readonly log?: (line: string) => void
}

const SILENCE_MS = 1_000

/** Runs `work` while no other process starts or stops the server of this directory. */
export async function withStartLock<T>(
  { directory, log }: StartLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const line = 'Waiting for another process, which starts or stops PostgreSQL …'
  const waiting = setTimeout(() => log?.(line), SILENCE_MS)
  const release = await lock(directory).finally(() => clearTimeout(waiting))
  try {
    return await work()
  } finally {
    await release().catch(() => {})
  }
}

async function lock(directory: string): Promise<() => Promise<void>> {
  try {
    return await lockfile.lock(directory, {
      lockfilePath: path.join(directory, 'start.lock'),
      stale: 5_000, // the lock of a killed process frees itself after this time
      update: 1_000,
      retries: { retries: 1_200, factor: 1, minTimeout: 100, maxTimeout: 100 },
      onCompromised: () => {}, // this process stood still for longer; PostgreSQL's own postmaster.pid still protects the data
    })
  } catch (error) {
    if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') throw error
    throw new Error(
      `${directory} belongs to another system user. Start as that user, or remove the folder and the database in it.`,
      { cause: error },
    )
  }
}
