import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import { createSchema, createYoga } from 'graphql-yoga'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type IsolatedPage, isolatedPage, launchBrowser } from './browser.ts'
import { executeQuery, openGraphiql, queryText, setQuery } from './graphiql.ts'

let count = 0
const yoga = createYoga({
  renderGraphiQL,
  logging: false,
  graphiql: { defaultQuery: '{\n  greeting(of: "Ada")\n}' },
  schema: createSchema({
    typeDefs: /* GraphQL */ `
      type Query { greeting(of: String!): String! numbers: [Int!]! }
      type Mutation { count: Int! }
    `,
    resolvers: {
      Query: {
        greeting: (_: unknown, { of }: { of: string }) => `Hello  ${of}: "{[('`,
        numbers: () => Array.from({ length: 70 }, (_, index) => index),
      },
      Mutation: { count: () => ++count },
    },
  }),
})
const server = createServer(yoga)
let browser: Browser
let isolated: IsolatedPage

beforeAll(async () => {
  browser = await launchBrowser()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  isolated = await isolatedPage(browser, origin)
  await openGraphiql(isolated.page, `${origin}/graphql`)
})
afterAll(async () => {
  await browser?.close()
  server.closeAllConnections()
  server.close()
})

it('executes the starter query', async () => {
  await expect.poll(() => queryText(isolated.page)).toBe('{\n  greeting(of: "Ada")\n}')
  expect(await executeQuery(isolated.page)).toEqual({ data: { greeting: `Hello  Ada: "{[('` } })
})

it('executes the text of the editor, errors and long answers included', async () => {
  const text = 'mutation Count {\n  count\n}\nquery Numbers { numbers }'
  await setQuery(isolated.page, text)
  expect(await queryText(isolated.page)).toBe(text)
  expect(await executeQuery(isolated.page, 'Count')).toEqual({ data: { count: 1 } })
  expect(await executeQuery(isolated.page, 'Count')).toEqual({ data: { count: 2 } })
  expect(await executeQuery(isolated.page, 'Numbers')).toMatchObject({ data: { numbers: { length: 70 } } })
  await setQuery(isolated.page, '{ nothing }')
  expect(await executeQuery(isolated.page)).toMatchObject({
    errors: [{ message: expect.stringContaining('nothing') }],
  })
})

it('sends no request to another server', () => {
  expect(isolated.blocked).toEqual([])
})
