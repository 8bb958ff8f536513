import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A function's text in `prisma/functions`: its comment, its CREATE OR REPLACE, and who may call it. */
export interface FunctionText {
  /** Without its schema; functions of several parameter lists share one. */
  readonly name: string
  readonly sql: string
  readonly file: string
}

/**
 * The functions that the files of a folder make, each after those that it mentions: PostgreSQL reads a body in SQL when
 * the function is made, and asks for what it calls.
 *
 * @throws where a file holds what is no function: tables, types and triggers stand in migrations.
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
    mentioned.delete(one.name) // those of one name stand in the order of their file
    for (const other of functions) if (mentioned.has(other.name)) add(other)
    sorted.add(one)
  }
  functions.forEach(add)
  return [...sorted]
}
