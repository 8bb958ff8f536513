import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createEmptyDatabase, createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { startChild } from './start-child.ts'

const [database, empty] = await Promise.all([createTestDatabase(), createEmptyDatabase()])
afterAll(() => Promise.all([database.drop(), empty.drop()]))

/** Runs an app in its own process. */
const start = (env: Record<string, string> = {}, file = 'served-notes.ts') =>
  startChild(file, { DATABASE_URL: database.url, ...env })

test.each(['SIGTERM', 'SIGINT', 'disconnect'] as const)(
  'on %s it finishes the requests in flight, lets go of everything and exits with 0',
  async (signal) => {
    const { child, message, exit, output } = start({ LOG_LEVEL: 'debug' }) // health probes are logged at debug
    const ready = await message('ready')
    expect(ready).toEqual({
      type: 'ready',
      app: 'content',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    })
    const idle = connect(Number(new URL(ready.url).port), '127.0.0.1')
    await once(idle, 'connect')

    const pinged = message('pinged')
    const answer = fetch(`${ready.url}/health`)
    await pinged
    if (signal === 'disconnect') {
      child.send('go')
      await answer
      child.disconnect()
    } else {
      child.kill(signal)
      child.kill(signal)
      child.send('go')
    }
    expect((await answer).status).toBe(200)
    expect(await exit).toBe(0)
    expect(output()).toMatch(/"status":200[\s\S]*"ledger closed"[\s\S]*"app closed"[\s\S]*"stopped"/)
  },
)

test.each([
  ['a server', 'served-notes.ts'],
  ['a process that has nothing to close', 'nothing-to-close.ts'],
])('%s exits on SIGTERM also when nobody reads its lines any more', async (_, file) => {
  const { child, message } = start({}, file)
  await message('ready')
  child.stdout?.destroy()
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a server that cannot start exits even when nobody reads why', async () => {
  const { child } = start({ PORT: 'eighty' })
  child.stdout?.destroy()
  expect(await once(child, 'exit')).toEqual([1, null])
})

test('the message for a taken port names the port and the way out', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { exit, output } = start({ PORT: String(port) })
  expect(await exit).toBe(1)
  other.close()
  expect(output()).toContain(`Port ${port} is taken by another process.`)
  expect(output()).toContain(`start this app alone on another port: PORT=${port + 10}.`)
  expect(output()).not.toContain('EADDRINUSE')
})

test.each([
  [
    'a database that lacks its migrations',
    { DATABASE_URL: empty.url },
    'Run its migrations: npx shared-ledger migrate',
  ],
  ['a PORT that is none', { PORT: 'eighty' }, 'PORT must be a whole number from 0 to 65535'],
  ['no DATABASE_URL', { DATABASE_URL: '' }, 'DATABASE_URL is not set. Start the app with its database'],
  ['a HOST that is not this machine’s', { HOST: '192.0.2.1' }, '192.0.2.1'],
])('%s stops it with the reason', async (_, env, reason) => {
  const { exit, output } = start(env)
  expect(await exit).toBe(1)
  expect(output()).toContain(reason)
  expect(output()).not.toContain('node:internal')
})

test('all wrong settings are named at once, with what is right and without passwords', async () => {
  const { exit, output } = start({
    DATABASE_URL: 'mysql://me:secret@localhost/x',
    DIRECT_DATABASE_URL: 'secret',
    PORT: '65536',
    ALLOWED_HOSTS: 'one.example, https://two.example',
    LOG_LEVEL: 'loud',
    REQUEST_TIMEOUT_MS: '10s',
  })
  expect(await exit).toBe(1)
  expect(output().trimEnd().split('\n').toSorted()).toEqual([
    'ALLOWED_HOSTS must be hosts separated by commas, without scheme, port and path, not "https://two.example".',
    expect.stringMatching(
      /^DATABASE_URL is not the url of a PostgreSQL database\. It looks like postgresql:/,
    ),
    expect.stringMatching(/^DIRECT_DATABASE_URL is not the url of a PostgreSQL database\./),
    'LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace, not "loud".',
    'PORT must be a whole number from 0 to 65535, not "65536".',
    'REQUEST_TIMEOUT_MS must be a whole number of milliseconds from 1000 to 3600000, not "10s".',
  ])
  expect(output()).not.toContain('secret')
})
