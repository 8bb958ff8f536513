import { ledgerErrors, SubscriberTooSlowError } from '@shared-ledger/ledger'
import { createRest, type ProblemTable, problems } from '@shared-ledger/rest'
import { buildSchema, isInterfaceType } from 'graphql'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { app as contentApp } from '../../apps/content/src/app.ts'
import { app as freelanceApp } from '../../apps/freelance/src/app.ts'
import { read, tableOf } from './markdown.ts'

/** Each app's REST routes. They never connect to a database. */
const apps = [contentApp, freelanceApp].map(({ open }) => {
  const opened = open('postgresql://localhost/none', pino({ level: 'silent' }))
  return { app: opened.app, rest: createRest({ ...opened, execute: () => ({}) }) }
})

const bare = (cell = '') => cell.replace(/^\[(.+)\]\(.+\)$/, '$1')

/** Returns the codes in the answers of the examples, in problems and in `extensions`. */
const shownCodes = (...examples: string[]) =>
  new Set(
    examples.flatMap((name) =>
      [...read(`docs/examples/${name}`).matchAll(/"code": ?"(\w+)"/g)].map(([, code]) => code),
    ),
  )

/** Codes that no REST route returns: REST has no live entries, and runs only its own documents. */
const ofGraphqlAlone = ['SUBSCRIBER_TOO_SLOW', 'QUERY_TOO_EXPENSIVE']

test('the table of errors in docs/rest.md equals the code’s, and each error has an example', () => {
  const rows = tableOf('docs/rest.md', ['code', 'status', 'Retry-After', 'meaning'])
  const table: ProblemTable = problems
  expect(rows.map((row) => ({ ...row, code: bare(row.code) }))).toEqual(
    Object.entries(table).map(([code, { status, retryAfterSeconds, meaning }]) => ({
      code,
      status: String(status),
      'Retry-After': String(retryAfterSeconds ?? ''),
      meaning: meaning.replaceAll('`', ''),
    })),
  )
  const codes = Object.keys(problems).filter((code) => !ofGraphqlAlone.includes(code))
  expect(codes.filter((code) => !shownCodes('rest-errors.md').has(code))).toEqual([])
})

test('the apps’ own errors in docs/rest.md equal those in their graphs', () => {
  const own = apps.flatMap(({ app, rest }) =>
    Object.entries(rest.problems)
      .filter(([code]) => !Object.hasOwn(problems, code))
      .map(([code, { status, meaning }]) => ({ code, app, status: String(status), meaning })),
  )
  const rows = tableOf('docs/rest.md', ['code', 'app', 'status', 'meaning'])
  expect(rows.map((row) => ({ ...row, code: bare(row.code) }))).toEqual(own)
  expect(own.filter(({ code }) => !shownCodes('rest-errors.md').has(code))).toEqual([])
})

test('the table of codes in docs/graphql.md has each error of a result and of `errors`, each with an example', () => {
  const rows = tableOf('docs/graphql.md', ['code', 'where', 'when']).map(({ code, where, when }) => ({
    code: bare(code),
    where,
    when,
  }))
  const shown = shownCodes('graphql-results.md', 'graphql-errors.md')
  expect(rows.filter(({ code }) => !shown.has(code))).toEqual([])
  const codes = Object.keys(ledgerErrors)
  expect(rows.filter(({ code }) => codes.includes(code)).map(({ code, when }) => [code, when])).toEqual(
    Object.entries(ledgerErrors).map(([code, { meaning }]) => [code, meaning.replaceAll('`', '')]),
  )

  const schema = buildSchema(read('packages/plugin-ledger/schema.graphql'))
  const refusal = schema.getType('Error')
  const results = isInterfaceType(refusal) ? schema.getPossibleTypes(refusal).map(({ name }) => name) : []
  const named = new Set(rows.flatMap(({ where }) => where?.match(/\w+Error\b/g) ?? []))
  expect([...named].toSorted()).toEqual(results.toSorted())
  const headings = [...read('docs/examples/graphql-results.md').matchAll(/^### (\w+Error)$/gm)].map(
    ([, name]) => name,
  )
  expect(headings.toSorted()).toEqual(results.toSorted())
  expect(read('docs/examples/graphql-errors.md')).toContain(new SubscriberTooSlowError(10_000).message)
})

test('docs/rest.md names every route of the apps', () => {
  const routes = apps.flatMap(({ rest }) => rest.routes)
  const served = new Set(
    routes.flatMap(({ method, path, aliases }) =>
      [path, ...aliases].map((served) => `${method.toUpperCase()} ${served}`),
    ),
  )
  const named = tableOf('docs/rest.md', ['method', 'path', 'what'])
    .map((row) => `${row.method} ${row.path}`)
    .filter((route) => !/^GET \/(?:health|livez|readyz|problems)$/.test(route)) // the server's
  expect(named.toSorted()).toEqual([...served].toSorted())
})
