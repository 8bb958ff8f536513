import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ledgerErrors } from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { expect, test } from 'vitest'
import { blocksOf, read, root, tableOf } from './markdown.ts'
import { runSql } from './servers.ts'

const document = 'docs/architecture.md'
const diagrams = (kind: string) => {
  const found = blocksOf(document).filter(
    ({ language, text }) => language === 'mermaid' && text.startsWith(kind),
  )
  if (found.length === 0) throw new Error(`${document} has no ${kind}`)
  return found.map(({ text }) => text)
}
const diagram = (kind: string) => diagrams(kind).join('\n')

const sources = readdirSync(path.join(root, 'packages'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /^(?:ledger|plugin-ledger|rest)\/src\/.*\.ts$/.test(file) && !file.includes('generated'))
  .map((file) => readFileSync(path.join(root, 'packages', file), 'utf8'))

/** Returns the declaration of a type: up to the end of its braces, or to the next empty line when it is an alias. */
function declarationOf(name: string): string | undefined {
  const declaration = new RegExp(
    `^export (?:(?:abstract )?(?:interface|class) ${name}\\b.*?^}|type ${name}\\b.*?^$)`,
    'ms',
  )
  return sources.map((source) => declaration.exec(source)?.[0]).find((found) => found !== undefined)
}

test('the class diagram has types and members of the code', () => {
  const classes = [...diagram('classDiagram').matchAll(/^ {2}class (\w+)(?: \{\n(.*?)^ {2}\})?/gms)]
  expect(classes.length).toBeGreaterThan(10)
  for (const [, name = '', body = ''] of classes) {
    const declaration = declarationOf(name)
    expect(declaration, name).toBeDefined()
    for (const [, member = ''] of body.matchAll(/^ +(\w+)/gm)) {
      expect
        .soft(declaration, `${name}.${member}`)
        .toMatch(new RegExp(`\\b${member}\\??[(:<]|get ${member}\\b|readonly ${member} =`))
    }
  }
  for (const [, base = '', type = ''] of diagram('classDiagram').matchAll(/(\w+) <\|-- (\w+)/g)) {
    expect
      .soft(declarationOf(type), `${type} extends ${base}`)
      .toMatch(new RegExp(`extends [^{]*\\b${base}\\b`))
  }
})

test('the table of SQL functions names each file, and no other', () => {
  const named = tableOf(document, ['file', 'job']).flatMap(({ file = '' }) => file.split(', '))
  expect(named.toSorted()).toEqual(readdirSync(path.join(root, 'prisma/functions')).toSorted())
})

test('the state diagrams have every outcome of the functions that post, and every error', () => {
  const functions = path.join(root, 'prisma/functions')
  const sql = readdirSync(functions)
    .filter((name) => !['app.sql', 'app-entries.sql', 'sorted-accounts.sql'].includes(name)) // they post nothing
    .map((name) => readFileSync(path.join(functions, name), 'utf8'))
    .join('\n')
  const outcomes = new Set(
    [...sql.matchAll(/(?:'outcome',|THEN|ELSE|ROW\(|refusal :=) '([a-z_]+)'/g)].map(
      ([, outcome = '']) => outcome,
    ),
  )
  expect(outcomes.size).toBeGreaterThan(15)
  const drawn = [...outcomes].filter((outcome) => !/^(?:duplicate|released|set)$/.test(outcome)) // drawn under other names
  const life = sectionsOf('The life of a posting')
  expect(drawn.filter((outcome) => !new RegExp(`\\b${outcome}\\b`).test(life))).toEqual([])
  const states = `${diagram('stateDiagram-v2')}${life}`
  expect(Object.keys(ledgerErrors).filter((code) => !states.includes(code))).toEqual([])

  const holdStates = /'status', CASE(.*?)END/s.exec(sql)?.[0] ?? ''
  const statuses = [...holdStates.matchAll(/(?:THEN|ELSE) '([A-Z]+)'/g)].map(([, status = '']) => status)
  const [, ofHold = ''] = diagrams('stateDiagram-v2')
  const drawnStates = [...ofHold.matchAll(/--> ([A-Z]+)/g)].map(([, state = '']) => state)
  expect([...new Set(drawnStates)].toSorted()).toEqual([...new Set(statuses)].toSorted())
})

/** Returns the text of a document's section, with its subsections. */
function sectionsOf(heading: string): string {
  return new RegExp(`^### ${heading}$.*?(?=^##)`, 'ms').exec(read(document))?.[0] ?? ''
}

test('the tables have the columns of the diagram, and the indexes of the list', async () => {
  const database = await createTestDatabase()
  try {
    const tables = [
      ...['apps', 'books', 'accounts', 'entries', 'holds', 'limit_windows'],
      ...['lots', 'lot_uses', 'lot_holds'],
    ]
    const columns = await runSql(
      database.url,
      `SELECT c.relname::text AS table, array_agg(attname::text || ' ' || format_type(coalesce(nullif(typbasetype, 0), atttypid), NULL) ORDER BY attnum) AS columns
         FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
         JOIN pg_type t ON t.oid = atttypid
        WHERE relnamespace = 'ledger'::regnamespace AND relname = ANY ('{${tables}}') GROUP BY 1`,
    )
    const drawn = [...diagram('erDiagram').matchAll(/^ {2}(\w+) \{\n(.*?)^ {2}\}/gms)]
    expect(drawn.map(([, table]) => table)).toEqual(tables)
    for (const [, table, body = ''] of drawn) {
      const shown = [...body.matchAll(/^ +(\w+) (\w+)/gm)].map(([, type, name]) => `${name} ${type}`)
      const real = columns.find((row) => row.table === table)?.columns
      expect([real].flat().map(plainType).toSorted(), table).toEqual(shown.toSorted())
    }

    const indexes = await runSql(
      database.url,
      `SELECT replace(tablename, '_content', '') AS table, indexdef FROM pg_indexes
        WHERE schemaname = 'ledger' AND tablename IN ('accounts', 'entries_content', 'holds', 'limit_windows', 'lots', 'lot_uses', 'lot_holds')`,
    )
    const listed = tableOf(document, ['table', 'index', 'serves'])
    expect(listed.map(({ table, index }) => `${table} ${index}`).toSorted()).toEqual(
      indexes.map(({ table, indexdef }) => `${table} ${indexOf(String(indexdef))}`).toSorted(),
    )
  } finally {
    await database.drop()
  }
})

const plainType = (column: unknown) =>
  String(column).replace('timestamp with time zone', 'timestamptz').replace('[]', '')

/** Returns an index as the document lists it. */
function indexOf(definition: string): string {
  const [, unique = '', kind = '', columns = '', where = ''] =
    /^CREATE (UNIQUE )?INDEX .* USING (\w+) (\(.*?\))( WHERE .*)?$/.exec(definition) ?? []
  return [
    unique && 'unique',
    kind === 'btree' ? '' : kind,
    columns.replaceAll(' COLLATE "C"', ''),
    where && 'where it is one',
  ]
    .filter(Boolean)
    .join(' ')
}
