import { ledgerErrors, postingErrors } from '@shared-ledger/ledger'
import { type ProblemTable, problems } from '@shared-ledger/rest'
import { expect, test } from 'vitest'
import { routes } from '../../apps/content/src/routes.ts'
import { blocksOf, read, tableOf } from './markdown.ts'

const bare = (cell = '') => cell.replace(/^\[(.+)\]\(#.+\)$/, '$1')

/** The codes that the answers of a document's examples have, in problems and in `extensions`. */
const shownCodes = (document: string) =>
  new Set([...read(document).matchAll(/"code": "(\w+)"/g)].map(([, code]) => code))

test("the table of errors in docs/rest.md is the code's, and each has an example", () => {
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
  expect(Object.keys(problems).filter((code) => !shownCodes('docs/rest.md').has(code))).toEqual([])
})

test("the content app's own errors in docs/rest.md are those of its routes", () => {
  const own: ProblemTable = Object.assign({}, ...routes.map((route) => route.problems))
  const rows = tableOf('docs/rest.md', ['code', 'status', 'meaning'])
  expect(rows.map((row) => ({ ...row, code: bare(row.code) }))).toEqual(
    Object.entries(own).map(([code, { status, meaning }]) => ({ code, status: String(status), meaning })),
  )
  expect(Object.keys(own).filter((code) => !shownCodes('docs/rest.md').has(code))).toEqual([])
})

test('docs/graphql.md has an example of each member of the result union, and of each code of errors', () => {
  const codes = tableOf('docs/graphql.md', ['code', 'when', 'status']).map(({ code }) => bare(code))
  const headings = [...read('docs/graphql.md').matchAll(/^### (\w+Error)$/gm)].map(([, name]) => name)
  expect(codes.filter((code) => !shownCodes('docs/graphql.md').has(code))).toEqual([])
  expect(Object.keys(ledgerErrors).filter((code) => !shownCodes('docs/graphql.md').has(code))).toEqual([])
  expect(headings.toSorted()).toEqual(postingErrors.map(({ name }) => name).toSorted())
})

test('docs/rest.md names every route of the apps', () => {
  const paths = routes.map((route) => route.path)
  const named = tableOf('docs/rest.md', ['method', 'path', 'what']).map((row) => row.path)
  expect(paths.filter((path) => !named.includes(path))).toEqual([])
  expect(blocksOf('docs/rest.md').filter(({ language }) => language === 'http').length).toBeGreaterThan(20)
})
