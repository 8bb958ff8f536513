import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { newPassword } from '../roles/scram.ts'

const PREFIX = 'password.'

/** Returns the password of an app's role. It is made when the app first starts, and kept beside the data. */
export function appPasswordOf(home: string, app: string): string {
  const file = path.join(home, `${PREFIX}${app}`)
  try {
    writeFileSync(file, `${newPassword()}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch {
    // The file exists, or cannot be written. Reading it shows which.
  }
  const password = readFileSync(file, 'utf8').trim()
  if (password) return password
  throw new Error(`${file} is empty. Remove it: the next start makes another password.`)
}

/** Returns the files with the passwords of the apps' roles. */
export function appPasswordFilesOf(home: string): string[] {
  return readdirSync(home)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => path.join(home, name))
}
