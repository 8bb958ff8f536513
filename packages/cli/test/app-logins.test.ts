import { expect, test } from 'vitest'
import { appLoginOf, loginVariableOf, withLoginOf } from '../src/app-logins.ts'

const owner = 'postgresql://owner:secret@db:5432/credits'
const content = 'postgresql://ledger_content:c@db:5432/credits'
const pooled = 'postgresql://ledger_content:c@pooler:6432/credits'

test.each([
  ['the one login that there is', { DATABASE_URL: owner }, { url: owner }],
  ['its own', { DATABASE_URL: owner, DATABASE_URL_CONTENT: content }, { url: content }],
  ['not that of another app', { DATABASE_URL: owner, DATABASE_URL_FREELANCE: content }, { url: owner }],
  [
    'its own, and not the owner’s for commands',
    { DATABASE_URL: content, DIRECT_DATABASE_URL: owner },
    { url: content },
  ],
  [
    'past a pooler, its own login at the address of DIRECT_DATABASE_URL',
    { DATABASE_URL: owner, DIRECT_DATABASE_URL: owner, DATABASE_URL_CONTENT: pooled },
    { url: pooled, directUrl: content },
  ],
  [
    'past a pooler, what is said for it',
    {
      DATABASE_URL: owner,
      DIRECT_DATABASE_URL: owner,
      DATABASE_URL_CONTENT: pooled,
      DIRECT_DATABASE_URL_CONTENT: 'postgresql://listener@db/credits',
    },
    { url: pooled, directUrl: 'postgresql://listener@db/credits' },
  ],
  [
    'past a pooler, the same user',
    { DATABASE_URL: 'postgresql://owner@pooler:6432/credits', DIRECT_DATABASE_URL: owner },
    { url: 'postgresql://owner@pooler:6432/credits', directUrl: owner },
  ],
  [
    'past a pooler, its own user without a password, which its url has not',
    { DIRECT_DATABASE_URL: owner, DATABASE_URL_CONTENT: 'postgresql://ledger_content@pooler:6432/credits' },
    {
      url: 'postgresql://ledger_content@pooler:6432/credits',
      directUrl: 'postgresql://ledger_content@db:5432/credits',
    },
  ],
  [
    'its own alone, where its url names no user',
    { DIRECT_DATABASE_URL: owner, DATABASE_URL_CONTENT: 'postgresql://pooler:6432/credits' },
    { url: 'postgresql://pooler:6432/credits' },
  ],
  [
    'past a pooler, nothing of a login that stands in a query',
    {
      DIRECT_DATABASE_URL: 'postgresql://db/credits?us%65r=owner&sslmode=require&password=secret',
      DATABASE_URL_CONTENT: pooled,
    },
    { url: pooled, directUrl: 'postgresql://ledger_content:c@db/credits?sslmode=require' },
  ],
  [
    'past a pooler, nothing of a password with an @',
    { DIRECT_DATABASE_URL: 'postgresql://owner:sec@ret@db/credits', DATABASE_URL_CONTENT: pooled },
    { url: pooled, directUrl: 'postgresql://ledger_content:c@db/credits' },
  ],
  [
    'past a pooler, its own user, though the query of the direct url names the owner',
    {
      DIRECT_DATABASE_URL: 'postgresql://ledger_content@db/credits?user=owner&password=secret',
      DATABASE_URL_CONTENT: pooled,
    },
    { url: pooled, directUrl: 'postgresql://ledger_content:c@db/credits' },
  ],
])('an app logs in with %s', (_, env, login) => {
  expect(appLoginOf('content', env)).toEqual(login)
})

test('an app’s processes get its own login, and no other', () => {
  const env = {
    DATABASE_URL: owner,
    DIRECT_DATABASE_URL: owner,
    DATABASE_URL_CONTENT: content,
    DATABASE_URL_FREELANCE: 'x',
    DIRECT_DATABASE_URL_CONTENT: 'y',
    HOST: '0.0.0.0',
  }
  expect(withLoginOf({ url: content }, env)).toEqual({ DATABASE_URL: content, HOST: '0.0.0.0' })
  expect(withLoginOf({ url: pooled, directUrl: content }, env)).toEqual({
    DATABASE_URL: pooled,
    DIRECT_DATABASE_URL: content,
    HOST: '0.0.0.0',
  })
})

test('the variable is named after the app', () => {
  expect(loginVariableOf('time-sheets')).toBe('DATABASE_URL_TIME_SHEETS')
})

test('an invalid url is reported by its variable, and not shown', () => {
  expect(() => appLoginOf('content', { DATABASE_URL: owner, DATABASE_URL_CONTENT: 'hidden' })).toThrow(
    /^DATABASE_URL_CONTENT is not the url of a PostgreSQL database\. (?!.*hidden)/,
  )
})
