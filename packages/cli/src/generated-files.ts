import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { say } from './terminal.ts'

/** A file that a command writes or removes, and its text as it should be. */
export interface GeneratedFile {
  /** Its path from the project's root. */
  readonly file: string
  /** Undefined when there should be no such file. */
  readonly text: string | undefined
}

/**
 * Writes the files whose text differs, and removes those that should not be there. With `check` it does neither: it names
 * each of them, and the command that settles it. Returns the exit code.
 */
export function settleFiles(
  root: string,
  files: readonly GeneratedFile[],
  { check, command }: { readonly check: boolean; readonly command: string },
): number {
  const different = files.filter(({ file, text }) => textOf(path.join(root, file)) !== text)
  for (const { file, text } of different) {
    if (check) say(`${file} is out of date: ${command}`)
    else settle(root, { file, text })
  }
  if (different.length === 0) say('All generated files are up to date.')
  return check && different.length > 0 ? 1 : 0
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function settle(root: string, { file, text }: GeneratedFile): void {
  const place = path.join(root, file)
  if (text === undefined) {
    rmSync(place)
    say(`Removed ${file}`)
    return
  }
  mkdirSync(path.dirname(place), { recursive: true })
  writeFileSync(place, text)
  say(`Wrote ${file}`)
}
