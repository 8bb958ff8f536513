import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { scopes } from '@shared-ledger/ledger'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { type Command, command, printedHere, stopAll } from './support/command.ts'
import { openShop } from './support/shop.ts'

const shop = await openShop({ keys: true })
const { text: key } = await shop.makeKey({ scopes })
const folder = mkdtempSync(path.join(tmpdir(), 'shared-ledger-'))
const env = { XDG_CONFIG_HOME: folder, SHARED_LEDGER_URL: shop.url, SHARED_LEDGER_KEY: key }
const commands: Command[] = []
afterEach(() => stopAll(commands))
afterAll(() => rmSync(folder, { recursive: true }))

const place = (name: string) => path.join(folder, name)
const call = (...args: string[]) => printedHere('', '/', args, { env })
const start = (args: readonly string[], given: NodeJS.ProcessEnv = {}) => {
  const started = command('', '/', args, { env: { ...env, ...given } })
  commands.push(started)
  return started
}

let count = 0
const newOwner = () => `owner-${++count}`

describe('tail', () => {
  test('prints entries as they come, and goes on after its cursor file, each entry once', async () => {
    const [ada, file] = [newOwner(), place('cursor')]
    const first = await shop.give(ada, 1)
    const running = start(['tail', ada, '--from-start', '--json'])
    await running.line(new RegExp(`"id":"${first.id}"`))
    const second = await shop.give(ada, 2, { order: 'A' })
    const line = await running.line(new RegExp(`"id":"${second.id}"`))
    running.signalGroup('SIGINT')
    expect(await running.ended).toBe(130)
    const { cursor, entry } = JSON.parse(line)
    expect(entry).toMatchObject({ amount: 2, metadata: { order: 'A' } })
    expect(running.lines).toContain(`Go on after it: --after ${cursor}`)

    writeFileSync(file, cursor)
    const third = await shop.give(ada, 3)
    const again = start(['tail', ada, '--cursor-file', file])
    expect(await again.line(/CREDIT_ADD/)).toContain(`${third.id}  ${ada}  CREDIT_ADD +3 → 6`)
    await vi.waitUntil(() => readFileSync(file, 'utf8').trim() !== cursor, { timeout: 60_000 })
  })

  test('has the whole app, and filters', async () => {
    const [ada, bob] = [newOwner(), newOwner()]
    const page = (await call('entries', '--limit', '1', '--json')).stdout
    const { endCursor } = JSON.parse(page)
    await shop.give(ada, 5, { order: 'B' })
    await shop.give(bob, 6, { order: 'C' })
    const running = start([
      'tail',
      '--after',
      endCursor,
      '--metadata',
      'order=C',
      '--operation',
      'CREDIT_ADD',
    ])
    expect(await running.line(/CREDIT_ADD/)).toContain(`${bob}  CREDIT_ADD +6`)
    expect(running.lines.join('\n')).not.toContain(`${ada} `)
  })

  test('| head ends quietly', async () => {
    const ada = newOwner()
    await shop.give(ada, 1)
    const running = start(['tail', ada, '--from-start'])
    await running.line(/CREDIT_ADD/)
    running.process.stdout?.destroy()
    const lines = running.lines.length
    // The end of a pipe is noticed by what is written into it.
    const giving = setInterval(() => void shop.give(ada, 1), 100)
    expect(await running.ended).toBe(0)
    clearInterval(giving)
    expect(running.lines.slice(lines)).toEqual([])
  })

  test('ends with what the server says when its key is revoked, and with where to go on', async () => {
    const ada = newOwner()
    await shop.give(ada, 1)
    const other = await shop.makeKey({ scopes: ['read'] })
    const running = start(['tail', ada, '--from-start'], { SHARED_LEDGER_KEY: other.text })
    await running.line(/CREDIT_ADD/)
    await other.revoke()
    expect(await running.ended).toBe(5)
    expect(running.lines.slice(-2)).toEqual([
      expect.stringMatching(/^Go on after it: --after \S+$/),
      'The key or token of this request was revoked or has expired.',
    ])
  })

  test("an owner's key reads its own account, and nothing else", async () => {
    const [ada, bob] = [newOwner(), newOwner()]
    await shop.give(ada, 1)
    const own = await shop.makeKey({ ownerId: ada })
    const given = { env: { ...env, SHARED_LEDGER_KEY: own.text } }
    expect(await printedHere('', '/', ['balance', ada], given)).toMatchObject({ code: 0 })
    for (const line of [['balance', bob], ['entries'], ['owners'], ['post', ada, 'CREDIT_ADD', '1', '-y']])
      expect(await printedHere('', '/', line, given)).toMatchObject({ code: 5, stdout: '' })
  })
})

describe('export', () => {
  test('has every entry once, checked, as JSONL and as CSV', async () => {
    const ada = newOwner()
    for (let amount = 1; amount <= 120; amount++) await shop.give(ada, amount, { note: 'a "b",\nc' })
    const { id } = await shop.give(ada, 10)
    await call('refund', id, '4', '-y')
    const out = place('ada.jsonl')
    const { code, stdout } = await call('export', ada, '--out', out, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      file: out,
      entries: 122,
      operations: { CREDIT_ADD: { count: 121, gross: 7270, reversed: -4 } },
    })
    const rows = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 122 }, (_, at) => at + 1))
    expect(existsSync(`${out}.part`)).toBe(false)
    expect(await call('export', ada, '--out', out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is there already'),
    })

    const csv = await call('export', ada, '--format', 'csv')
    expect(csv.stdout.split('\r\n').slice(0, 2)).toEqual([
      'id,ownerId,operationName,amount,balanceAfter,seq,createdOn,transactionId,nonce,reverses,refunds,holdId,metadata',
      expect.stringMatching(
        /^\d+,owner-\d+,CREDIT_ADD,1,1,1,\S+,\S+,\S+,,,,"\{""note"":""a \\""b\\"",\\nc""\}"$/,
      ),
    ])
    expect(csv.stderr).toBe("122 entries, as the ledger's own counts and sums say.")
  })

  test('has the entries of the whole app', async () => {
    const out = place('all.jsonl')
    const { code, stdout } = await call('export', '--out', out, '--json')
    const { rows } = await shop.sql.query('SELECT count(*)::int AS count FROM ledger.entries')
    expect(JSON.parse(stdout)).toMatchObject({ entries: rows[0].count })
    expect(code).toBe(0)
  })

  test('a full disk: what to do, and the next run goes on from there', async () => {
    const ada = newOwner()
    for (let amount = 0; amount < 150; amount++) await shop.give(ada, 1)
    const out = place('full.jsonl')
    const failing = await failWrites(1)
    const { code, stderr } = await call('export', ada, '--out', out)
    failing.mockRestore()
    expect(stderr.split('\n')).toEqual([
      `What is written is in ${out}.part. Run the same command again: it goes on from there.`,
      `${out}.part could not be written: the disk is full.`,
    ])
    expect(code).toBe(1)
    expect(await call('export', ada, '--out', out, '--format', 'csv')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is of an export with other options'),
    })
    const again = await call('export', ada, '--out', out)
    expect(again).toMatchObject({ code: 0, stderr: 'Going on after 100 entries.' })
    expect(readFileSync(out, 'utf8').trim().split('\n')).toHaveLength(150)
  })

  test('to an output that is full', async () => {
    const ada = newOwner()
    await shop.give(ada, 1)
    const { output, code } = await new Promise<{ output: string; code: number | null }>((resolve, reject) => {
      const bin = path.resolve(import.meta.dirname, '../bin/shared-ledger.mjs')
      const child = spawn('sh', ['-c', `exec "${process.execPath}" "${bin}" export ${ada} > /dev/full`], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let output = ''
      child.stderr.on('data', (chunk) => {
        output += chunk
      })
      child.on('error', reject)
      child.on('close', (code) => resolve({ output, code }))
    })
    expect(output).toMatch(/^The output could not be written: ENOSPC/m)
    expect(code).toBe(1)
  })

  test('sums that differ are said, and the file is not given its name', async () => {
    const ada = newOwner()
    for (let amount = 0; amount < 101; amount++) await shop.give(ada, 1)
    const out = place('wrong.jsonl')
    const failing = await failWrites(1)
    await call('export', ada, '--out', out)
    failing.mockRestore()
    const kept = readFileSync(`${out}.part.json`, 'utf8')
    writeFileSync(`${out}.part.json`, kept.replace('"gross":100', '"gross":99'))
    const { code, stderr } = await call('export', ada, '--out', out)
    expect([code, existsSync(out)]).toEqual([1, false])
    expect(stderr).toContain(
      'The export is not what the ledger sums up:\nCREDIT_ADD: exported 101 entries of 100, and 0 by reversals and refunds; the ledger has 101 entries of 101',
    )
    expect(await call('export', ada, '--out', out, '--restart')).toMatchObject({ code: 0 })
  })

  /** Makes writes of files fail as on a full disk, after some have succeeded. */
  async function failWrites(after: number) {
    const probe: FileHandle = await open(place('probe'), 'w')
    const prototype: FileHandle = Object.getPrototypeOf(probe)
    await probe.close()
    const write = prototype.write
    let writes = 0
    return vi.spyOn(prototype, 'write').mockImplementation(function (this: FileHandle, ...given: never[]) {
      writes += 1
      if (writes > after) {
        return Promise.reject(
          Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
        )
      }
      return Reflect.apply(write, this, given)
    } as never)
  }
})

test('shells complete commands, options and values', async () => {
  const complete = async (...words: string[]) => (await call('__complete', ...words)).stdout.split('\n')
  expect(await complete('tra')).toEqual(['transaction', 'transfer'])
  expect(await complete('profiles', '')).toEqual(['add', 'remove', 'use'])
  expect(await complete('export', 'ada', '--fo')).toEqual(['--format'])
  expect(await complete('prolong', '3', '--u')).toEqual(['--until', '--url'])
  expect(await complete('export', 'ada', '--format', '')).toEqual(['csv', 'jsonl'])
  expect(await complete('completion', '')).toEqual(['bash', 'fish', 'zsh'])
  for (const shell of ['zsh', 'fish'])
    expect((await call('completion', shell)).stdout).toContain('shared-ledger __complete')
  expect(await call('completion', 'tcsh')).toMatchObject({ code: 2 })
})

test('bash takes the script', async () => {
  const bin = path.resolve(import.meta.dirname, '../bin/shared-ledger.mjs')
  const { stdout } = await call('completion', 'bash')
  const script = `shared-ledger() { "${process.execPath}" "${bin}" "$@"; }
${stdout}
COMP_WORDS=(shared-ledger export --format "") COMP_CWORD=3
_shared_ledger
echo "\${COMPREPLY[@]}"`
  writeFileSync(place('completion.sh'), script)
  const output = await new Promise((resolve, reject) => {
    const child = spawn('bash', [place('completion.sh')], { env: { ...process.env, ...env } })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.on('error', reject)
    child.on('close', () => resolve(text.trim()))
  })
  expect(output).toBe('csv jsonl')
})
