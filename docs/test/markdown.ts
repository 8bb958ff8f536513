import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The project's root. */
export const root = path.resolve(import.meta.dirname, '..', '..')

/** A fenced block of a document: ```` ```ts file=apps/game/src/operations.ts ````. */
export interface Block {
  /** Its position for messages: `docs/rest.md:12`. */
  readonly place: string
  readonly language: string
  /** The words after the language: `file=…` as a pair, a single word as `true`. */
  readonly info: Readonly<Record<string, string>>
  readonly text: string
  /** The text of a comment just before it: `<!-- given: the database is away -->`. */
  readonly given: string | undefined
  /** The lines of the document, from 0: the first line of the text, and the line after its last. */
  readonly lines: readonly [number, number]
}

/** README.md, docs/*.md, docs/examples/*.md and the packages' README.md, as paths from the root. */
export const documents: readonly string[] = [
  'README.md',
  ...documentsIn('docs'),
  ...documentsIn('docs/examples'),
  ...readdirSync(path.join(root, 'packages')).flatMap((name) => documentsIn(`packages/${name}`)),
]

/** The documents whose steps a test follows in order, in a copy of the project. */
export const walkthroughs: readonly string[] = [
  'docs/books.md',
  'docs/lots.md',
  'docs/migrations.md',
  'docs/new-app.md',
]

function documentsIn(folder: string): string[] {
  return readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${folder}/${name}`)
}

/** Returns a document's text. */
export function read(document: string): string {
  return readFileSync(path.join(root, document), 'utf8')
}

/** Returns the fenced blocks of a document, in order. */
export function blocksOf(document: string): Block[] {
  const lines = read(document).split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const [, fence, language = '', rest = ''] = /^(`{3,})(\w*) ?(.*)$/.exec(lines[at] ?? '') ?? []
    if (fence === undefined) continue
    const end = lines.indexOf(fence, at + 1)
    if (end < 0) throw new Error(`${document}:${at + 1}: this block has no end`)
    blocks.push({
      place: `${document}:${at + 1}`,
      language,
      info: Object.fromEntries(rest.split(' ').filter(Boolean).map(pair)),
      text: lines.slice(at + 1, end).join('\n'),
      given: /^<!-- given: (.+) -->$/.exec(lines[at - 1] ?? '')?.[1],
      lines: [at + 1, end],
    })
    at = end
  }
  return blocks
}

/** Returns the rows of the table with these columns, each by column and without code marks. */
export function tableOf(document: string, columns: readonly string[]): Record<string, string>[] {
  const rows = read(document).split('\n').map(cells)
  const head = rows.findIndex((row) => row.join('|') === columns.join('|'))
  if (head < 0) throw new Error(`${document} has no table of ${columns.join(', ')}`)
  const end = rows.findIndex((row, at) => at > head && row.length === 0)
  return rows
    .slice(head + 2, end < 0 ? undefined : end)
    .map((row) =>
      Object.fromEntries(columns.map((column, at) => [column, row[at]?.replaceAll('`', '') ?? ''])),
    )
}

function pair(word: string): [string, string] {
  const [name = '', value = 'true'] = word.split('=')
  return [name, value]
}

function cells(line: string): string[] {
  return line.startsWith('|')
    ? line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim())
    : []
}
