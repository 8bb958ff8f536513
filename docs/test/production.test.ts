import { chmodSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { startTemporaryPostgres, type TemporaryPostgres } from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Run, runCommand } from './command.ts'
import { blocksOf } from './markdown.ts'
import { copyProject } from './project-copy.ts'
import { type StartedProject, startProject } from './started-project.ts'

const document = 'docs/production.md'
const host = 'ledger.example.org'
const project = copyProject()
let postgres: TemporaryPostgres
let server: StartedProject | undefined
/** What the steps have put into `.env` so far. */
const env: NodeJS.ProcessEnv = {}

beforeAll(async () => {
  chmodSync(project.root, 0o755)
  postgres = await startTemporaryPostgres({ user: 'owner' })
  env.DATABASE_URL = postgres.url('shared_ledger')
})
afterAll(async () => {
  await server?.stop()
  await postgres.remove()
  project.remove()
})

function shown(step: string): string {
  const block = blocksOf(document).find(({ info }) => info.step === step)
  if (!block) throw new Error(`${document} has no step ${step}`)
  return block.text
}

/** Runs a step's commands one after the other, with the owner's login. */
async function run(step: string): Promise<string> {
  const { exitCode, output }: Run = await runCommand(`set -e\n${shown(step)}`, project.root, env)
  expect(exitCode, output).toBe(0)
  return output
}

/** Sends the document's posting through a proxy that passes the host on, with some headers changed. */
async function post(key: string, changes: Record<string, string> = {}) {
  const curl = shown('post')
  const headers = Object.fromEntries(
    [...curl.matchAll(/-H ["'](\S+): (.+?)["']/g)].map(([, name, value]) => [
      name,
      value?.replace('$KEY', key),
    ]),
  )
  const url = new URL('/ledger', server?.url)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method: 'POST', headers: { host, ...headers, ...changes } }
    request(url, options, resolve)
      .on('error', reject)
      .end(/-d '(.+)'/.exec(curl)?.[1])
  })
  return { status: answer.statusCode, body: JSON.parse(await text(answer)) }
}

/** The settings of the document's start, with free ports in place of the example's. */
const settings = () =>
  Object.fromEntries(
    [...shown('start').matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = '', value]) => [
      name,
      name === 'METRICS_PORT' ? '0' : name === 'DRAIN_SECONDS' ? '0' : value,
    ]),
  )

test('the steps make a server that lets callers with a key in, and no others', async () => {
  await run('migrate')
  await expect(startProject(project, 'content', { ...env, ...settings(), LEDGER_AUTH: '' })).rejects.toThrow(
    'no key of content was ever made',
  )
  const login = /^DATABASE_URL_CONTENT=(\S+)$/m.exec(await run('provision'))?.[1]
  expect(login).toContain('//ledger_content:')
  env.DATABASE_URL_CONTENT = login
  const key = /^slk_\S+$/m.exec(await run('key'))?.[0] ?? 'none'

  expect(shown('start')).toMatch(/ npx shared-ledger start content$/)
  server = await startProject(project, 'content', { ...env, ...settings() })
  expect(await post(key)).toMatchObject({ status: 200, body: { entry: { amount: 10 }, balance: 10 } })
  expect(await post('x')).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
  expect(await post(key, { host: 'other.example.org' })).toMatchObject({ status: 421 })
})

test('the metrics exist, and count the posting', async () => {
  const [, address = ''] = /(http:\/\/127\.0\.0\.1:\d+\/metrics)/.exec(server?.output() ?? '') ?? []
  expect(shown('metrics')).toBe('curl http://localhost:9464/metrics')
  const metrics = await (await fetch(address)).text()
  expect(metrics).toMatch(/^ledger_postings_total\{.*outcome="posted".*\} 1$/m)
})

test('the nightly commands verify, write a checkpoint, and compare the ledger with it', async () => {
  await run('signing-key')
  const nightly = await run('nightly')
  expect(nightly).toMatch(/^content: 1 accounts, 1 entries, 0 holds\. All \d+ checks passed\.$/m)
  expect(nightly).toMatch(/^Wrote checkpoint\.jsonl: 1 accounts/m)
  expect(await run('compare')).toMatch(/^content: .*All \d+ checks passed\.$/m)
})
