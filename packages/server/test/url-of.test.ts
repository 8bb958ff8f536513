import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { urlOf } from '../src/url-of.ts'

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['ledger.example', 'ledger.example'],
  ['::1', '[::1]'],
  ['0.0.0.0', 'localhost'],
  ['::', 'localhost'],
])('a server that listens on %s is found at %s', async (host, name) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  expect(urlOf(server, host)).toBe(`http://${name}:${typeof address === 'object' && address?.port}`)
  server.close()
})
