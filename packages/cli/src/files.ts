import { readFileSync } from 'node:fs'
import path from 'node:path'
import { codeOf, messageOf } from '@shared-ledger/postgres'

/**
 * Returns the place of a file that was named at the terminal. npm runs commands in the project's root, wherever it was
 * called.
 */
export function placeOf(file: string): string {
  return path.resolve(process.env.INIT_CWD ?? process.cwd(), file)
}

/** Reads a file with `read`. @throws Error that names the file */
export function readGiven<T>(file: string, read: (text: string) => T): T {
  let text: string
  try {
    text = readFileSync(placeOf(file), 'utf8')
  } catch (error) {
    throw new Error(codeOf(error) === 'ENOENT' ? `There is no file ${file}.` : messageOf(error), {
      cause: error,
    })
  }
  try {
    return read(text)
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`, { cause: error })
  }
}
