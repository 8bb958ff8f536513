import { rmSync } from 'node:fs'
import { appPasswordFilesOf } from './app-passwords.ts'
import { urlOf } from './attach.ts'
import { passwordFileOf, removeUnfinished } from './initialise.ts'
import { isUnleased } from './lease.ts'
import { type PidFile, readPidFile } from './pid-file.ts'
import { dataOf, logOf, makeOpen, type Placement, place } from './placement.ts'
import { stopServer } from './server.ts'
import { withStartLock } from './start-lock.ts'

/**
 * Removes everything in the embedded server of `directory`. The next start makes it anew. Returns the folder that was
 * emptied.
 *
 * @throws Error while another process uses the server
 */
export async function resetEmbeddedPostgres(directory: string): Promise<string> {
  makeOpen(directory)
  return withStartLock({ directory }, async () => {
    const placement = await place(directory)
    await stopWhenUnused(placement)
    removeUnfinished(placement.home)
    const files = [dataOf, passwordFileOf, logOf].map((fileOf) => fileOf(placement.home))
    for (const file of [...files, ...appPasswordFilesOf(placement.home)])
      rmSync(file, { recursive: true, force: true })
    return placement.home
  })
}

async function stopWhenUnused(placement: Placement): Promise<void> {
  const running = readPidFile(dataOf(placement.home))
  if (running === undefined) return
  if (!(await isUnused(placement, running))) {
    throw new Error('The embedded database is in use. Stop every app that runs, then try again.')
  }
  await stopServer(placement)
}

async function isUnused(placement: Placement, { port, pid }: PidFile): Promise<boolean> {
  try {
    return await isUnleased(urlOf(placement, port)('postgres'))
  } catch (error) {
    throw new Error(
      `The embedded database does not say whether it is in use. Stop it (process ${pid}), then try again.`,
      {
        cause: error,
      },
    )
  }
}
