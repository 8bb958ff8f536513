import { type RunningServer, startServer } from '@shared-ledger/server'
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestApp } from './harness.ts'

const { served } = createTestApp()
let server: RunningServer

beforeAll(async () => {
  server = await startServer({ ...served, port: 0 })
})
afterAll(() => server.close())

const audits = serverAudits({ url: () => `${server.url}/graphql`, fetchFn: fetch })

describe('GraphQL over HTTP: the server', () => {
  test.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_, audit) => {
    // A repeated request takes other paths through the server.
    for (let time = 1; time <= 3; time += 1) {
      const result = await audit.fn()
      expect(result).toMatchObject({ id: audit.id, status: 'ok' })
    }
  })

  test('is audited by the whole suite', () => {
    expect(audits.length).toBeGreaterThanOrEqual(61)
  })
})
