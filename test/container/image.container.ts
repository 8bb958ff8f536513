import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { findRoot } from '@shared-ledger/postgres'
import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { build, type Image, plainEnvironment } from './build.ts'
import { readDockerfile } from './dockerfile.ts'

// No container engine is needed: an ordinary user carries out the steps of the Dockerfile in a folder.

const root = findRoot()
const database = await createEmptyDatabase()
let image: Image
beforeAll(async () => {
  image = await build(root)
}, 1_200_000)
afterAll(async () => {
  image.remove()
  await database.drop()
})

/** Runs a container. `more` is added to the image's environment. */
function run(command: readonly string[], more: NodeJS.ProcessEnv): ChildProcess {
  const [program = '', ...args] = command
  return spawn(program, args, {
    cwd: image.workdir,
    ...image.as,
    env: { ...plainEnvironment(image.root), ...image.env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function freePort(): Promise<string> {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return String(typeof address === 'object' && address ? address.port : 0)
}

test('the image runs as an ordinary user, stops on SIGTERM, and reports its health', () => {
  expect(image.user).toBe('node')
  expect(image.stopSignal).toBe('SIGTERM')
  expect(image.healthcheck.join(' ')).toContain('/livez')
  for (const { image: base } of readDockerfile(path.join(root, 'Dockerfile')))
    expect(base).toBe('node:24-slim')
})

test.each(['content', 'freelance'])(
  'a container of %s migrates, serves, is healthy and ends by its signal',
  async (app) => {
    const PORT = await freePort()
    const env = {
      DATABASE_URL: database.url,
      PORT,
      HOST: '127.0.0.1',
      LEDGER_AUTH: 'none',
      DRAIN_SECONDS: '0',
    }
    const container = run([...image.entrypoint, app], env)
    const ended = once(container, 'exit')
    let output = ''
    for (const stream of [container.stdout, container.stderr]) {
      stream?.on('data', (chunk) => {
        output += chunk
      })
    }
    const isHealthy = async () => (await once(run(image.healthcheck, env), 'exit'))[0]
    expect(await isHealthy()).toBe(1)
    await expect.poll(() => output).toMatch(new RegExp(`^ +${app} +http:`, 'm'))
    expect(await isHealthy()).toBe(0)
    const posted = await fetch(`http://127.0.0.1:${PORT}/ledger`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ owner_id: 'ann', operation: 'CREDIT_ADD', amount: 1, nonce: 'n' }),
    })
    expect(posted.status).toBe(200)
    expect((await fetch(`http://127.0.0.1:${PORT}/docs`)).status).toBe(200)
    container.kill('SIGTERM')
    expect(await ended, output).toEqual([0, null])
  },
)

test('without keys, the image of a server that others reach does not start', async () => {
  const container = run([...image.entrypoint, ...image.command], {
    DATABASE_URL: database.url,
    PORT: await freePort(),
  })
  expect((await once(container, 'exit'))[0]).toBe(1)
})

test('the compose file has a container for each app, which waits for PostgreSQL and has time to stop', () => {
  const { services } = parse(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'), { merge: true })
  for (const app of ['content', 'freelance']) {
    expect(services[app]).toMatchObject({
      build: '.',
      command: [app],
      profiles: ['apps'],
      environment: { LEDGER_AUTH: 'keys', DATABASE_URL: expect.stringContaining('@postgres:5432/') },
      depends_on: { postgres: { condition: 'service_healthy' } },
    })
    const ports: string[] = services[app].ports
    expect(ports.every((port) => port.startsWith('127.0.0.1:') && port.endsWith(`:${image.env.PORT}`))).toBe(
      true,
    )
    expect(Number.parseInt(services[app].stop_grace_period, 10)).toBeGreaterThanOrEqual(
      Number(image.env.DRAIN_SECONDS) + 20,
    )
  }
})
