import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { limits } from '@shared-ledger/ledger'
import { expect, test } from 'vitest'
import { documents, root, walkthroughs } from './markdown.ts'

/** Files that cannot import the limits: SQL, and the doc comments that say how much a caller may ask for. */
const sources = [
  'prisma/schema.sql',
  ...['packages/ledger/src', 'packages/client/src', 'prisma/functions'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:ts|sql)$/.test(file) && !file.includes('generated'))
      .map((file) => path.join(folder, file)),
  ),
]

/** The documents, except walkthroughs, which have limits of their own, and the sources; without line breaks. */
const text = [...documents.filter((document) => !walkthroughs.includes(document)), ...sources]
  .map((file) => readFileSync(path.join(root, file), 'utf8').replace(/\s*\n\s*(?:\* )?/g, ' '))
  .join('\n')

/** How each limit is written, as a pattern in which N is the number. */
const phrases: readonly (readonly [limit: number, ...phrases: string[]])[] = [
  [limits.idCharacters, '(?:1|up) to N (?:characters|code points)', 'char_length\\(\\w+\\) <= N'],
  [limits.metadataKeys, 'at most N keys', 'count\\(\\*\\) <= N'],
  [limits.metadataBytes / 1024, 'keys and N KiB'],
  [
    limits.transactionEntries,
    '(?:1|up) to N entries,? (?:of any|in this order)',
    'are 1 to N objects',
    'a transaction has 1 to N lines',
    'last - first >= N THEN',
  ],
  [
    limits.batchEntries,
    '1 to N entries(?:, each| in one call)',
    '1 to N bodies',
    'no (?:input or|entry,) more than N',
  ],
  [limits.pageSize, 'says?, up to N', 'N at most', 'beyond N, or a summary', 'pageSize = N'],
  [limits.defaultPageSize, 'N when (?:left|neither)', 'N a page, or', "owners': N, or as many"],
  [limits.liveHolds, 'live holds, newest first, up to N', 'h\\.id DESC LIMIT N'],
  [limits.liveLots, 'in this order, up to N', 'l\\.id LIMIT N'],
  [limits.usesOfEntry, 'up to N uses'],
  [limits.summaryWindows, 'N windows'],
  [limits.holdSeconds, '1 to N \\('],
  [limits.holdSeconds / 86_400, '(?:within|up to|more than) N days', '\\(N days\\)', "<= 'N days'"],
]

const rows = phrases.flatMap(([limit, ...ofLimit]) => ofLimit.map((phrase) => [phrase, limit] as const))

test.each(rows)('the docs, doc comments and SQL that say "%s" have %i', (phrase, limit) => {
  const pattern = new RegExp(phrase.replace(/\bN\b/, '\\b(\\d(?:[\\d,]*\\d)?)'), 'g')
  const said = [...text.matchAll(pattern)].map(([, number]) => number)
  expect(new Set(said)).toEqual(new Set([limit.toLocaleString('en')]))
})
