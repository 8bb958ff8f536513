import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The project's root. */
export const root = path.resolve(import.meta.dirname, '..', '..')

/** A fenced block of a document: ```` ```ts file=apps/game/src/operations.ts ````. */
export interface Block {
  /** `docs/rest.md:12`, for messages. */
  readonly place: string
  readonly language: string
  /** What follows the language: `file=…` as a pair, a word alone as `true`. */
  readonly info: Readonly<Record<string, string>>
  readonly text: string
  /** What stands in a comment just before it: `<!-- given: the database is away -->`. */
  readonly given: string | undefined
  /** Lines of the document, from 0: the first and the one after the last of the text. */
  readonly lines: readonly [number, number]
}

/** README.md, docs/*.md, docs/examples/*.md and the packages' README.md, as paths from the root. */
export const documents: readonly string[] = [
  'README.md',
  ...documentsIn('docs'),
  ...documentsIn('docs/examples'),
  ...readdirSync(path.join(root, 'packages')).flatMap((name) => documentsIn(`packages/${name}`)),
]

/** The documents whose steps are followed one after the other, in a copy of the project. */
export const walkthroughs: readonly string[] = ['docs/migrations.md', 'docs/new-app.md']

function documentsIn(folder: string): string[] {
  return readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${folder}/${name}`)
}

/** A document's text. */
export function read(document: string): string {
  return readFileSync(path.join(root, document), 'utf8')
}

/** The fenced blocks of a document, in order. */
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

/** The rows of the table whose head has these columns, each by column; code marks taken off. */
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
