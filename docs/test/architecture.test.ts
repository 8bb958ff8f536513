import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ledgerErrors } from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { expect, test } from 'vitest'
import { startAppProcess } from '../../test/app-process.ts'
import { blocksOf, root } from './markdown.ts'
import { runSql } from './servers.ts'

const document = 'docs/architecture.md'
const diagram = (kind: string) => {
  const found = blocksOf(document).find(
    ({ language, text }) => language === 'mermaid' && text.startsWith(kind),
  )
  if (!found) throw new Error(`${document} has no ${kind}`)
  return found.text
}

const sources = readdirSync(path.join(root, 'packages'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /^(?:ledger|plugin-ledger|rest)\/src\/[\w-]+\.ts$/.test(file))
  .map((file) => readFileSync(path.join(root, 'packages', file), 'utf8'))

/** The declaration of a type: from its first line to the end of its braces. */
function declarationOf(name: string): string | undefined {
  const declaration = new RegExp(`^export (?:abstract )?(?:interface|class) ${name}\\b.*?^}`, 'ms')
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
    expect.soft(declarationOf(type), `${type} extends ${base}`).toContain(`extends ${base}`)
  }
})

test('the state diagram has every outcome of ledger.post_entry and every error', () => {
  const [migration = ''] = readdirSync(path.join(root, 'prisma/migrations')).filter((name) =>
    name.endsWith('_ledger'),
  )
  const sql = readFileSync(path.join(root, 'prisma/migrations', migration, 'migration.sql'), 'utf8')
  const outcomes = new Set(
    [...sql.matchAll(/(?:'outcome',|THEN) '([a-z_]+)'/g)].map(([, outcome = '']) => outcome),
  )
  const states = diagram('stateDiagram-v2')
  const drawn = [...outcomes].filter((outcome) => outcome !== 'duplicate') // drawn as its code
  expect(drawn.filter((outcome) => !states.includes(outcome))).toEqual([])
  expect(Object.keys(ledgerErrors).filter((code) => !states.includes(code))).toEqual([])
})

test('a server with the role of its app posts for it, and reaches no other app', async () => {
  const [grants] = blocksOf(document).filter(({ language }) => language === 'sql')
  const database = await createTestDatabase()
  const post = (app: string, nonce: string) =>
    `SELECT ledger.post_entry('${app}', 'ann', 'CREDIT_ADD', 1, 1, '${nonce}', '{}', gen_random_uuid()) ->> 'outcome' AS outcome`
  const role = new URL(database.url)
  role.username = 'ledger_freelance'
  role.password = 'choose one'
  try {
    await runSql(database.url, post('content', 'by the owner'))
    await runSql(database.url, grants?.text ?? '')
    const server = await startAppProcess('freelance', role.href)
    const project = { client_id: 'acme', freelancer_id: 'ann', title: 'Logo', price: 5 }
    const send = (path: string, body: object) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    try {
      expect((await send('/projects', project)).status).toBe(201)
      expect((await send('/ledger', { owner_id: 'ann', operation: 'DAILY_REWARD', nonce: 'n' })).status).toBe(
        200,
      )
    } finally {
      await server.stop()
    }
    const refusals = [
      post('content', 'n'),
      'SELECT FROM content.contents',
      'UPDATE ledger.entries SET amount = 2',
    ]
    for (const statement of refusals)
      await expect(runSql(role.href, statement), statement).rejects.toThrow(/denied|may not post/)
    expect(await runSql(role.href, 'SELECT DISTINCT app FROM ledger.entries')).toEqual([{ app: 'freelance' }])
  } finally {
    await runSql(database.url, 'DROP OWNED BY ledger_freelance; DROP ROLE ledger_freelance')
    await database.drop()
  }
})
