import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { findRoot } from '@shared-ledger/postgres'
import { afterEach, describe, expect, test } from 'vitest'
import { sqlVersion } from '../src/database/version.ts'
import { openLedger } from './open-ledger.ts'

const { ledger, sql } = await openLedger()

const migrations = path.join(findRoot(), 'prisma/migrations')
const stated = /FUNCTION ledger\.version\(.*?\bSELECT (\d+), (\d+)\b/s

/** The version that each migration of the ledger states, from the first migration that states one. */
const texts = readdirSync(migrations)
  .filter((name) => /^\d/.test(name))
  .map((name) => stated.exec(readFileSync(path.join(migrations, name, 'migration.sql'), 'utf8')))
const counted = texts
  .slice(texts.findIndex(Boolean))
  .map((text) => ({ version: Number(text?.[1]), serves: Number(text?.[2]) }))

const state = (version: number, serves: number) =>
  sql.query(`CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE
             BEGIN ATOMIC SELECT ${version}, ${serves}; END`)

describe('the version of the SQL', () => {
  // When this fails, raise the version in prisma/functions/version.sql and packages/ledger/src/database/version.ts.
  test('is raised by every migration of the ledger', () => {
    expect(counted.map(({ version }) => version)).toEqual(counted.map((_, index) => index + 2))
    for (const { version, serves } of counted) expect(serves).toBeLessThanOrEqual(version)
  })

  test('never serves servers again that an earlier version did not serve', () => {
    const serving = counted.map(({ serves }) => serves)
    expect(serving).toEqual(serving.toSorted((a, b) => a - b))
  })

  test('is the same in the code, in the files of the functions and in the database', async () => {
    const { rows } = await sql.query('SELECT version, serves FROM ledger.version()')
    const { version, serves } = counted.at(-1) ?? {}
    expect(rows).toEqual([{ version, serves }])
    expect(version).toBe(sqlVersion)
  })
})

describe('a server', () => {
  const oldest = counted.at(-1)?.serves ?? 0
  afterEach(() => state(sqlVersion, oldest))

  test('starts on a database of its own version, and on a newer one that serves it', async () => {
    await expect(ledger.assertReady()).resolves.toBeDefined()
    await state(sqlVersion + 7, sqlVersion)
    await expect(ledger.assertReady()).resolves.toBeDefined()
  })

  test('does not start on an older one', async () => {
    await state(sqlVersion - 1, 1)
    await expect(ledger.assertReady()).rejects.toThrow(
      `The database has version ${sqlVersion - 1} of the ledger's SQL, and this server needs version ${sqlVersion}. Run the migrations that came with this server: npx shared-ledger migrate`,
    )
  })

  test('does not start on one that states no version', async () => {
    await sql.query('DROP FUNCTION ledger.version')
    await expect(ledger.assertReady()).rejects.toThrow('The database has version 1 of')
  })

  test('does not start on a newer one that no longer serves it', async () => {
    await state(sqlVersion + 7, sqlVersion + 3)
    await expect(ledger.assertReady()).rejects.toThrow(
      `The database has version ${sqlVersion + 7} of the ledger's SQL, which serves servers from version ${sqlVersion + 3} on, and this server has version ${sqlVersion}. Install the packages of the version that the database has, or a later one, and start again.`,
    )
  })
})

describe('a running server whose database a newer version has changed', () => {
  const outdated = { code: 'SERVER_OUTDATED', retryable: true }
  const posting = { ownerId: 'ann', operation: 'CREDIT_ADD', amount: 1, nonce: 'n' } as const

  test.each([
    ['a function that posts', 'FUNCTION ledger.append_content RENAME TO', () => ledger.postEntry(posting)],
    ['a function that reads', 'FUNCTION ledger.balances RENAME TO', () => ledger.balance('ann')],
    ['a column', 'TABLE ledger.apps RENAME COLUMN operations TO', () => ledger.assertReady()],
  ])('is outdated where it asks for %s that is gone', async (_, what, ask) => {
    const name = /COLUMN (\w+)/.exec(what)?.[1] ?? /ledger\.(\w+)/.exec(what)?.[1] ?? ''
    await sql.query(`ALTER ${what} gone`)
    await expect(ask()).rejects.toMatchObject(outdated)
    await sql.query(`ALTER ${what.replace(name, 'gone')} ${name}`)
    expect(await ask()).toBeDefined()
  })

  test('is told no more than is known: the database may be older too, or have no ledger', async () => {
    await sql.query('ALTER SCHEMA ledger RENAME TO gone')
    await expect(ledger.balance('ann')).rejects.toMatchObject({
      ...outdated,
      message: 'This server and its database do not fit together. Nothing was posted.',
      cause: {
        message:
          'The database lacks something that this server needs: it is newer or older than the server, or has no ledger. Update the server, or migrate the database: npx shared-ledger migrate',
        cause: { code: 'P2010' },
      },
    })
    await sql.query('ALTER SCHEMA gone RENAME TO ledger')
  })

  test('posts the repeated request after it has the new version', async () => {
    expect(await ledger.postEntry(posting)).toMatchObject({
      ok: false,
      error: { code: 'DUPLICATE_NONCE', identical: true },
    })
  })
})
