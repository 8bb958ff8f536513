import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** A file to write: its path in the folder, and its text. */
export interface NewFile {
  readonly file: string
  readonly text: string
}

/**
 * Makes a folder, writes its files, and then calls `rest`. When any of that fails, the folder is removed again.
 *
 * @throws Error when the folder exists, and it is left alone then.
 */
export function writeNewFolder(folder: string, files: readonly NewFile[], rest: () => void): void {
  mkdirSync(path.dirname(folder), { recursive: true })
  mkdirSync(folder)
  try {
    for (const { file, text } of files) {
      const place = path.join(folder, file)
      mkdirSync(path.dirname(place), { recursive: true })
      writeFileSync(place, text)
    }
    rest()
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
}
