import { request } from 'node:http'
import { expect, test } from 'vitest'
import { startContent } from '../../apps/content/test/start-content.ts'
import { suiteKey } from '../../packages/postgres/src/testing/suite-key.ts'

const { url } = await startContent()

const wrong = { authorization: `Bearer ${suiteKey.replace('A', 'B')}` }

test('the servers of this run require keys, and its requests carry one, by fetch and by node:http', async () => {
  expect((await fetch(`${url}/balance/ada`)).status).toBe(200)
  const status = await new Promise((resolve, reject) => {
    const sent = request(`${url}/balance/ada`, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.on('error', reject).end()
  })
  expect(status).toBe(200)
})

test.each([{ authorization: '' }, wrong])('they refuse requests with %j', async (headers) => {
  expect((await fetch(`${url}/balance/ada`, { headers })).status).toBe(401)
  const query = JSON.stringify({ query: '{ __typename }' })
  const json = { 'content-type': 'application/json' }
  const graphql = { method: 'POST', headers: { ...json, ...headers }, body: query }
  expect((await fetch(`${url}/graphql`, graphql)).status).toBe(401)
})
