import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { withConnection, withLogin } from '../src/index.ts'
import { newPassword, scramSecretOf } from '../src/roles/scram.ts'

const database = await createTestDatabase()
const role = `scram_${crypto.randomUUID().slice(0, 8)}`
const asOwner = (statement: string) => withConnection(database.directUrl, (sql) => sql.query(statement))
await asOwner(`CREATE ROLE ${role} LOGIN`)
afterAll(async () => {
  await asOwner(`DROP ROLE ${role}`)
  await database.drop()
})

test.each([newPassword(), 'p@ss/w:rd#%', "it's", 'x'])(
  'PostgreSQL takes %j for what it was sent',
  async (password) => {
    await asOwner(`ALTER ROLE ${role} PASSWORD ${pg.escapeLiteral(scramSecretOf(password))}`)
    const url = withLogin(database.directUrl, { user: role, password })
    expect((await withConnection(url, (sql) => sql.query('SELECT current_user AS name'))).rows).toEqual([
      { name: role },
    ])
    const wrong = withLogin(database.directUrl, { user: role, password: `${password}!` })
    await expect(withConnection(wrong, (sql) => sql.query('SELECT'))).rejects.toMatchObject({ code: '28P01' })
  },
)

test.each(['', 'with space', 'ä', 'new\nline'])('a password %j is refused', (password) => {
  expect(() => scramSecretOf(password)).toThrow('A password has letters, digits and signs of ASCII alone')
})

test('passwords differ', () => {
  expect(newPassword()).not.toBe(newPassword())
  expect(newPassword()).toMatch(/^[\w-]{32}$/)
})
