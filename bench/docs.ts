import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Results } from './results.ts'
import { renderTables } from './tables.ts'

const document = join(import.meta.dirname, '..', 'docs', 'performance.md')
const begin = '<!-- bench: npm run bench -- --write-docs writes what follows -->'
const end = '<!-- /bench -->'

/** Returns docs/performance.md as it is, and with the tables of these results. */
export function documentWith(results: Results): { readonly is: string; readonly shouldBe: string } {
  const is = readFileSync(document, 'utf8')
  const [from, to] = [is.indexOf(begin), is.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${document} has no place for the tables.`)
  const before = is.slice(0, from + begin.length)
  return { is, shouldBe: `${before}\n\n${renderTables(results)}\n\n${is.slice(to)}` }
}

/** Writes the tables into docs/performance.md. */
export function writeDocument(results: Results): void {
  writeFileSync(document, documentWith(results).shouldBe)
}
