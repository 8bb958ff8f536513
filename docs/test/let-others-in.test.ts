import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outcomeOf } from '../../packages/cli/test/support/command.ts'
import { type AppProcess, startAppProcess } from '../../test/app-process.ts'
import { blocksOf, root } from './markdown.ts'

const [shown = ''] = blocksOf('README.md').flatMap(({ language, text }) =>
  language === 'text' && text.includes('npm run keys') ? [text] : [],
)
const [create = '', , start = '', , ...curls] = shown.split('\n')
const settings = Object.fromEntries(
  [...start.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]),
)

const database = await createTestDatabase()
let server: AppProcess | undefined
afterAll(async () => {
  await server?.stop()
  await database.drop()
})

const begin = () => startAppProcess('content', database.url, { env: { LEDGER_AUTH: '', ...settings } })

let key: string
beforeAll(async () => {
  await expect(begin()).rejects.toThrow('no key of content was ever made')
  const args = create.replace('npm run keys -- ', '').split(' ')
  const { output } = await outcomeOf('keys', root, args, { env: { DATABASE_URL: database.url } })
  key = output.split('\n').at(-1) ?? ''
  server = await begin()
})

/** Sends one of README's requests to the host that it names. */
async function send(curl: string, changes: Record<string, string> = {}) {
  const [, name, path] = /(ledger\.example\.org:4001)(\/\S*)/.exec(curl) ?? []
  const body = /-d '(.+)'/.exec(curl)?.[1]
  const headers = Object.fromEntries(
    [...curl.matchAll(/-H ["'](\S+): (.+?)["']/g)].map(([, header, value]) => [
      header,
      value?.replace('$KEY', key),
    ]),
  )
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const port = new URL(server?.url ?? '').port
    const options = {
      port,
      path,
      method: body ? 'POST' : 'GET',
      headers: { host: name, ...headers, ...changes },
    }
    request(options, resolve).on('error', reject).end(body)
  })
  return { status: answer.statusCode, body: JSON.parse(await text(answer)) }
}

test('README’s way to let others in: with the key it posts, without it is refused', async () => {
  const [post = '', read = ''] = [curls.slice(0, 2).join('\n'), curls[2]]
  expect(await send(post)).toMatchObject({ status: 200, body: { entry: { amount: 10 }, balance: 10 } })
  expect(await send(read)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
  expect(await send(post, { authorization: 'Bearer x' })).toMatchObject({ status: 401 })
  expect(await send(post, { host: 'other.example.org' })).toMatchObject({ status: 421 })
})
