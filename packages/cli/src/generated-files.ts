import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { say } from './terminal.ts'

/** A file that a command writes, and its text as it should be. */
export interface GeneratedFile {
  /** Its path from the project's root. */
  readonly file: string
  readonly text: string
}

/**
 * Writes the files whose text differs. With `check` it writes nothing: it names each of them, and the command that
 * writes it. Returns the exit code.
 */
export function settleFiles(
  root: string,
  files: readonly GeneratedFile[],
  { check, command }: { readonly check: boolean; readonly command: string },
): number {
  const different = files.filter(({ file, text }) => textOf(path.join(root, file)) !== text)
  for (const { file, text } of different) {
    if (!check) write(path.join(root, file), text)
    say(check ? `${file} is out of date: ${command}` : `Wrote ${file}`)
  }
  if (different.length === 0) say('All generated files are up to date.')
  return check && different.length > 0 ? 1 : 0
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
}
