import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A function's text in `prisma/functions`: its comment, its CREATE OR REPLACE, and who may call it. */
export interface FunctionText {
  /** Its name without the schema. Functions with different parameters may share a name. */
  readonly name: string
  readonly sql: string
  readonly file: string
}

/**
 * Returns the functions in the files of a folder, each after the functions that it mentions. PostgreSQL checks a body
 * in SQL when the function is made, so the functions that it calls must exist.
 *
 * @throws Error when a file contains anything but functions. Tables, types and triggers belong in migrations.
 */
export function functionTextsOf(folder: string): FunctionText[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return calledFirst(files.sort().flatMap((name) => split(path.join(folder, name))))
}

const beginning = /(?:^--.*\n)*^CREATE OR REPLACE FUNCTION ledger\.(\w+)/gm

function split(file: string): FunctionText[] {
  const text = readFileSync(file, 'utf8')
  const found = [...text.matchAll(beginning)]
  if (/^(?!--|$)/m.test(text.slice(0, found[0]?.index).trim())) {
    throw new Error(
      `${file} begins with something else than comments and CREATE OR REPLACE FUNCTION ledger.…`,
    )
  }
  return found.map((match, n) => ({
    name: match[1] ?? '',
    sql: text.slice(match.index, found[n + 1]?.index).trim(),
    file,
  }))
}

function calledFirst(functions: readonly FunctionText[]): FunctionText[] {
  const sorted = new Set<FunctionText>()
  const begun = new Set<FunctionText>()
  const add = (one: FunctionText) => {
    if (begun.has(one)) return
    begun.add(one)
    const code = one.sql.replace(/--.*$/gm, '')
    const mentioned = new Set(Array.from(code.matchAll(/\bledger\.(\w+)/g), ([, name]) => name))
    mentioned.delete(one.name) // functions with one name keep the order of their file
    for (const other of functions) if (mentioned.has(other.name)) add(other)
    sorted.add(one)
  }
  functions.forEach(add)
  return [...sorted]
}
