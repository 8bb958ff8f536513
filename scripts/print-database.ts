import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrate, withConnection } from '@shared-ledger/postgres'
import { startTemporaryPostgres } from '@shared-ledger/postgres/testing'

const root = join(import.meta.dirname, '..')
const file = 'prisma/schema.sql'

const heading = `-- The ledger's schema as its migrations leave it, with one app, which is called "app". For readers: nothing runs it.
-- Written by npm run print:database.`

/** Returns the schema of a database with the ledger's migrations, from PostgreSQL's catalogue. */
async function printedDatabase(): Promise<string> {
  const server = await startTemporaryPostgres()
  try {
    const databaseUrl = server.url('printed')
    await migrate({ databaseUrl, root, apps: [], log: () => {} })
    return await withConnection(databaseUrl, async (connection) => {
      await connection.query("SELECT ledger.set_operations('app', ledger.shared_operations())")
      await connection.query('SET search_path TO pg_catalog') // prints every name with its schema
      const { rows } = await connection.query<{ statement: string }>(
        readFileSync(join(import.meta.dirname, 'print-database.sql'), 'utf8'),
      )
      return `${[heading, ...rows.map(({ statement }) => statement)].join('\n\n')}\n`
    })
  } finally {
    await server.remove()
  }
}

/** `tsx scripts/print-database.ts` writes prisma/schema.sql. With `--check` it fails when the file is out of date. */
async function main(check: boolean): Promise<void> {
  const path = join(root, file)
  const text = await printedDatabase()
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  if (check) {
    console.error(`${file} is out of date: npm run print:database`)
    process.exitCode = 1
  } else {
    writeFileSync(path, text)
    console.log(`${file} written`)
  }
}

await main(process.argv.includes('--check'))
