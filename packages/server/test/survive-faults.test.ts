import { expect, test, vi } from 'vitest'
import { startChild } from './start-child.ts'

const limit = { timeout: 120_000 }

test('a process survives unhandled errors and counts them, and ends in order when memory has run out', async () => {
  const { message, output, exit } = startChild('faulty-app.ts', { LEDGER_AUTH: 'none' })
  const { url } = await message('ready')
  const balanceOf = async (fault: string) => {
    const response = await fetch(`${url}/ledger/${encodeURIComponent(fault)}`)
    return (await response.json()).balance
  }
  const faults = [
    ['a rejection', 'unhandled rejection'],
    ['a rejection with no error', 'unhandled rejection'],
    ['an exception', 'uncaught exception'],
    ['an error event', 'uncaught exception'],
  ] as const
  for (const [index, [fault, kind]] of faults.entries()) {
    expect(await balanceOf(fault)).toBe(7)
    const line = new RegExp(`"survived":${index + 1},.*"msg":"${kind}"`)
    await vi.waitUntil(() => line.test(output()), limit)
  }
  expect(await balanceOf('nothing')).toBe(7)

  await balanceOf('out of memory').catch(() => {}) // its connection may be cut off
  expect(await exit).toBe(1)
  expect(output()).toMatch(
    /"level":60,.*"msg":"uncaught exception"[\s\S]*"reason":"out of memory"[\s\S]*"stopped"/,
  )
})

test('an unhandled error during the start ends the server', async () => {
  const { exit, output } = startChild('faulty-app.ts', { FAULT_AT_START: 'yes', LEDGER_AUTH: 'none' })
  expect(await exit).toBe(1)
  expect(output()).toContain('at the start')
})
