import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { newPassword } from '../roles/scram.ts'

const PREFIX = 'password.'

/** The password of an app's role, which is made at the first start of the app and kept beside the data. */
export function appPasswordOf(home: string, app: string): string {
  const file = path.join(home, `${PREFIX}${app}`)
  try {
    writeFileSync(file, `${newPassword()}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch {
    // It is there, or cannot be written: reading it says which.
  }
  const password = readFileSync(file, 'utf8').trim()
  if (password) return password
  throw new Error(`${file} is empty. Remove it: the next start makes another password.`)
}

/** The files that hold passwords of apps' roles. */
export function appPasswordFilesOf(home: string): string[] {
  return readdirSync(home)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => path.join(home, name))
}
