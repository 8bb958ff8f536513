import { shapes } from '@shared-ledger/rest'
import { describe, expect, test } from 'vitest'
import { app as contentApp } from '../apps/content/src/app.ts'
import { app as freelanceApp } from '../apps/freelance/src/app.ts'
import { startApp } from './start-app.ts'

// biome-ignore lint/suspicious/noExplicitAny: documents and answers of any shape, looked into freely.
type Json = any

/** Opens an app with what its document's examples need: an owner with credits, and a row for each id of a path. */
async function openApp(createApp: Parameters<typeof startApp>[0]) {
  const { url, post } = await startApp(createApp)
  const openApi: Json = await (await fetch(`${url}/openapi.json`)).json()
  const nonce = () => crypto.randomUUID()
  const user = { owner_id: 'test_user', operation: 'CREDIT_ADD' }
  const entry = async () =>
    (await post('/ledger', { ...user, amount: 1000, nonce: nonce() })).body.entry as Json
  const made: Record<string, () => Promise<string>> = {
    owner_id: async () => 'test_user',
    entry_id: async () => (await entry()).id,
    transaction_id: async () => (await entry()).transaction_id,
    hold_id: async () => {
      const hold = { owner_id: 'test_user', operation: 'CREDIT_SPEND', amount: 10, expires_in: 60 }
      return ((await post('/ledger/holds', { ...hold, nonce: nonce() })).body as Json).hold.id
    },
    lot_id: async () => {
      const { id } = await entry()
      const { lots }: Json = await (await fetch(`${url}/ledger/test_user/lots`)).json()
      return lots.find((lot: Json) => lot.entry_id === id).id
    },
    content_id: async () => {
      const content = { owner_id: 'test_user', title: 'T', body: 'B', nonce: nonce() }
      return ((await post('/content', content)).body as Json).content.id
    },
    project_id: async () => {
      const project = { client_id: 'test_user', freelancer_id: 'other_user', title: 'T', price: 1 }
      return ((await post('/projects', project)).body as Json).project.id
    },
  }
  await entry()

  /** Sends a route's example body for an existing row, with a fresh nonce, as /docs does. */
  const sendExample = async (method: string, template: string) => {
    const { requestBody, responses } = openApi.paths[template][method]
    let path = template
    for (const [place, name = ''] of template.matchAll(/\{(\w+)\}/g)) {
      path = path.replace(place, (await made[name]?.()) ?? expect.fail(`no ${name} is made`))
    }
    const body = JSON.stringify(requestBody.content['application/json'].example).replaceAll(
      shapes.exampleNonce,
      nonce,
    )
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url + path, { method: method.toUpperCase(), headers, body })
    const [success] = Object.keys(responses)
    return { status: response.status, success: Number(success), text: await response.text() }
  }
  const withBody = Object.entries<Json>(openApi.paths).flatMap(([path, item]) =>
    Object.keys(item).flatMap((method): [string, string][] =>
      item[method].requestBody ? [[method, path]] : [],
    ),
  )
  return { withBody, sendExample }
}

const apps = { content: await openApp(contentApp.open), freelance: await openApp(freelanceApp.open) }

describe.each(Object.entries(apps))('of %s', (app, { withBody, sendExample }) => {
  test.each(withBody)(
    "openapi.json's example body for %s %s does what it says, twice",
    async (method, path) => {
      for (let time = 0; time < 2; time += 1) {
        const { status, success, text } = await sendExample(method, path)
        expect(status, text).toBe(success)
        expect(text).not.toMatch(/"id":"?0\b|additionalProp/)
        if (path === '/ledger/batch') expect(JSON.parse(text).results[0].status).toBe(200)
      }
    },
  )

  test('has the example bodies of its own routes too', () => {
    const paths = withBody.map(([, path]) => path)
    expect(paths).toContain(app === 'content' ? '/content/{content_id}/access' : '/projects/{project_id}/pay')
    expect(paths.length).toBeGreaterThan(8)
  })
})
