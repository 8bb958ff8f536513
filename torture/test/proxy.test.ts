import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { createRandom } from '../random.ts'
import { cutHalfway, loseAnswers, loseCommits } from '../servers/judges.ts'
import { type NetworkProxy, startProxy } from '../servers/proxy.ts'

const random = createRandom('always')

/** What the server received. It answers each request with as many letters. */
let received = ''
const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    received += bytes
    socket.write('a'.repeat(bytes.length))
  })
})
let port: number
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  received = ''
})

async function startFor(target: number | undefined = port): Promise<NetworkProxy> {
  const proxy = await startProxy(target)
  onTestFinished(() => proxy.close())
  return proxy
}

/** Opens a connection that collects what comes, and resolves when it is over. */
function open({ port }: NetworkProxy) {
  const socket: Socket = connect({ port, host: '127.0.0.1' })
  let text = ''
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    text += bytes
  })
  const over = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  onTestFinished(() => void socket.destroy())
  return { socket, over, text: () => text }
}

test('everything is passed on', async () => {
  const { socket, text } = open(await startFor())
  socket.write('hello')
  await expect.poll(text).toBe('aaaaa')
  expect(received).toBe('hello')
})

test('a request is cut halfway', async () => {
  const proxy = await startFor()
  proxy.judgeBy(cutHalfway('up', random, 1))
  const { socket, over, text } = open(proxy)
  socket.write('1234567890')
  await over
  await expect.poll(() => received).toBe('12345')
  expect(text()).toBe('')
  expect(proxy.cuts).toBe(1)
})

test('an answer is cut halfway', async () => {
  const proxy = await startFor()
  proxy.judgeBy(cutHalfway('down', random, 1))
  const { socket, over, text } = open(proxy)
  socket.write('1234567890')
  await over
  expect([received, text()]).toEqual(['1234567890', 'aaaaa'])
})

test('an answer is lost after the request has arrived', async () => {
  const proxy = await startFor()
  proxy.judgeBy(loseAnswers(random, 1))
  const { socket, over, text } = open(proxy)
  socket.write('1234567890')
  await over
  expect([received, text()]).toEqual(['1234567890', ''])
})

test('the answers to a COMMIT and to a posting outside of a transaction are lost, and others arrive', async () => {
  const proxy = await startFor()
  proxy.judgeBy(loseCommits(random, 1))
  for (const last of ['COMMIT', 'SELECT ledger.post_content($1)', 'SELECT ledger.append_content($1)']) {
    const { socket, over, text } = open(proxy)
    const statements = last === 'COMMIT' ? ['BEGIN', 'SELECT ledger.post_content($1)', 'INSERT'] : ['SELECT']
    let answered = 0
    for (const statement of statements) {
      socket.write(statement)
      answered += statement.length
      await expect.poll(() => text().length).toBe(answered)
    }
    socket.write(last)
    await over
    expect(received.endsWith(last)).toBe(true)
    expect(text().length).toBe(answered)
  }
})

test('all connections are cut, and new ones work', async () => {
  const proxy = await startFor()
  const { socket, over, text } = open(proxy)
  socket.write('1')
  await expect.poll(text).toBe('a')
  proxy.cutAll()
  await over
  const other = open(proxy)
  other.socket.write('2')
  await expect.poll(other.text).toBe('a')
})

test('silent connections carry nothing and do not end, and new ones work', async () => {
  const proxy = await startFor()
  const { socket, text } = open(proxy)
  socket.write('1')
  await expect.poll(text).toBe('a')
  proxy.silence()
  socket.write('2')
  const other = open(proxy)
  other.socket.write('3')
  await expect.poll(other.text).toBe('a')
  expect([text(), received, socket.closed]).toEqual(['a', '13', false])
})

test('a silent network accepts connections, and carries nothing until it ends', async () => {
  const proxy = await startFor()
  proxy.silenceNew(true)
  const { socket, text } = open(proxy)
  await once(socket, 'connect')
  proxy.silenceNew(false)
  socket.write('1')
  const other = open(proxy)
  other.socket.write('2')
  await expect.poll(other.text).toBe('a')
  expect([text(), received]).toEqual(['', '2'])
})

test('without a target a connection ends at once', async () => {
  const proxy = await startFor()
  proxy.leadTo(undefined)
  await open(proxy).over
  proxy.leadTo(port)
  const { socket, text } = open(proxy)
  socket.write('1')
  await expect.poll(text).toBe('a')
})
