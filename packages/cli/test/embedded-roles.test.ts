import { cpSync, existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { attachEmbeddedPostgres, findRoot, migrate, withConnection } from '@shared-ledger/postgres'
import { copyProject, type ProjectCopy } from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Command, command, outcomeOf, stopAll } from './support/command.ts'
import { directoryOf, removeProject } from './support/project.ts'

// A project with the app's own server, and a database of the version before roles. Its owner has posted in it.
let project: ProjectCopy
const commands: Command[] = []

beforeAll(async () => {
  project = copyProject()
  const source = path.join('apps', 'content', 'src')
  cpSync(path.join(findRoot(), source), path.join(project.root, source), { recursive: true })
  const migrations = path.join(project.root, 'prisma', 'migrations')
  const newer = readdirSync(migrations).filter((name) => /^\d/.test(name) && name > '20261121000002')
  const aside = (name: string) => path.join(project.root, name)
  for (const name of newer) renameSync(path.join(migrations, name), aside(name))
  await asOwner(async (url) => {
    await migrate({ databaseUrl: url, root: project.root, log: () => {} })
    await withConnection(url, (sql) =>
      sql.query(
        `SELECT ledger.append_content('ada', gen_random_uuid(), 'before', NULL, 'CREDIT_ADD', 100, 100)`,
      ),
    )
  })
  for (const name of newer) renameSync(aside(name), path.join(migrations, name))
})
afterAll(async () => {
  await stopAll(commands)
  await removeProject(project)
})

async function asOwner<T>(use: (url: string) => Promise<T>): Promise<T> {
  const server = await attachEmbeddedPostgres({ directory: directoryOf(project), log: () => {} })
  try {
    return await use(server.url('shared_ledger'))
  } finally {
    await server.detach()
  }
}

async function start(): Promise<{ url: string; started: Command }> {
  const started = command('start', project.root, ['content'], { env: { PORT: '0' } })
  commands.push(started)
  const line = await started.line(/^ {2}content {2}http/)
  return { url: line.trim().split(/\s+/)[1] ?? '', started }
}

const post = (url: string, nonce: string) =>
  fetch(`${url}/ledger`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ owner_id: 'ada', operation: 'CREDIT_ADD', amount: 1, nonce }),
  })

const balanceAt = async (url: string) => (await (await fetch(`${url}/balance/ada`)).json()).balance

test('a database that the owner has used is served by the role of its app, before and after a restart', async () => {
  const passwords: string[] = []
  for (const [nonce, balance] of [
    ['first', 101],
    ['second', 97], // less the price of a content
  ] as const) {
    const { url, started } = await start()
    expect((await post(url, nonce)).status).toBe(200)
    expect(await balanceAt(url)).toBe(balance)
    const content = await fetch(`${url}/content`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ owner_id: 'ada', title: 'One', body: '…', nonce: `content ${nonce}` }),
    })
    expect(content.status).toBe(201)
    const users = await asOwner((owner) =>
      withConnection(owner, async (sql) => {
        const { rows } = await sql.query(
          `SELECT DISTINCT usename FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
        )
        return rows.map(({ usename }) => usename)
      }),
    )
    expect(users).toEqual(['ledger_content'])
    const file = path.join(directoryOf(project), 'password.content')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    passwords.push(readFileSync(file, 'utf8'))
    started.process.kill('SIGTERM')
    expect(await started.ended).toBe(0)
  }
  expect(new Set(passwords).size).toBe(1)
})

test('verify --json prints its object alone, also where it starts the database', async () => {
  const verifying = command('verify', project.root, ['--json'])
  commands.push(verifying)
  let stdout = ''
  verifying.process.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  expect(await verifying.ended).toBe(0)
  expect(JSON.parse(stdout).apps).toContainEqual(expect.objectContaining({ app: 'content', accounts: 1 }))
  expect(verifying.lines.join('\n')).toContain('Starting PostgreSQL')
})

test('the role may log in and nothing else, and the other databases are closed to it', async () => {
  const { rows, others } = await asOwner((url) =>
    withConnection(url, async (sql) => ({
      ...(await sql.query(`
        SELECT rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolreplication, rolbypassrls, rolconnlimit
          FROM pg_roles WHERE rolname ~ '^ledger_'`)),
      others: (
        await sql.query(
          `SELECT datname FROM pg_database WHERE has_database_privilege('ledger_content', oid, 'CONNECT, TEMP, CREATE')
            AND datallowconn ORDER BY 1`,
        )
      ).rows,
    })),
  )
  expect(rows).toEqual([
    {
      rolname: 'ledger_content',
      rolcanlogin: true,
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolinherit: false,
      rolreplication: false,
      rolbypassrls: false,
      rolconnlimit: 200,
    },
  ])
  expect(others).toEqual([{ datname: 'shared_ledger' }])
})

test('verify and migrate still run as the owner, and db:reset removes the passwords', async () => {
  expect(await outcomeOf('verify', project.root)).toMatchObject({ code: 0 })
  expect(await outcomeOf('migrate', project.root)).toMatchObject({ code: 0 })
  expect(await outcomeOf('reset', project.root, ['--yes'])).toMatchObject({ code: 0 })
  expect(existsSync(path.join(directoryOf(project), 'password.content'))).toBe(false)
})
