import { writeSync } from 'node:fs'
import { readServerSettings } from './settings.ts'

/**
 * Returns the database URL that `npm start` hands to an app's process. When it is not set, or another setting of the
 * server is wrong, prints all of this and ends the process with exit code 1.
 */
export function requireDatabaseUrl(app: string): string {
  try {
    const { DATABASE_URL: url } = readServerSettings()
    if (url !== undefined) return url
    return refuse(`DATABASE_URL is not set. Start the app with its database: npx shared-ledger start ${app}`)
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

function refuse(reason: string): never {
  try {
    writeSync(process.stderr.fd, `${reason}\n`)
  } catch {
    // nobody reads stderr
  }
  process.exit(1)
}
