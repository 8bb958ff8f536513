import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { createScans } from '../src/reading/scans.ts'

/** Creates scans that the test ends. */
function createTestScans(patienceMs = 60_000) {
  const scan = createScans(patienceMs)
  const begun: string[] = []
  const end = new Map<string, (error?: Error) => void>()
  const start = (name: string) =>
    scan(
      () =>
        new Promise<string>((resolve, reject) => {
          begun.push(name)
          end.set(name, (error) => (error ? reject(error) : resolve(name)))
        }),
    )
  return { start, begun, end: (name: string, error?: Error) => end.get(name)?.(error) }
}

test('two run at once, the others in the order in which they came, whatever becomes of those before', async () => {
  const { start, begun, end } = createTestScans()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(start)
  await nextTurn()
  expect(begun).toEqual(['a', 'b'])
  end('b', new Error('lost'))
  await expect(b).rejects.toThrow('lost')
  await nextTurn()
  expect(begun).toEqual(['a', 'b', 'c'])
  end('a')
  end('c')
  expect(await Promise.all([a, c])).toEqual(['a', 'c'])
  await nextTurn()
  end('d')
  expect(await d).toBe('d')
  const later = start('e')
  await nextTurn()
  end('e')
  expect(await later).toBe('e')
})

test('a scan beyond the limit is refused at once', async () => {
  const { start, begun, end } = createTestScans()
  const all = Array.from({ length: 202 }, (_, index) => start(String(index)))
  await expect(start('one more')).rejects.toMatchObject({ code: 'OVERLOADED' })
  for (let index = 0; index < 202; index += 1) {
    await nextTurn()
    end(String(index))
  }
  await Promise.all(all)
  expect(begun).toHaveLength(202)
})

test('a scan that waits too long is refused, and takes no turn', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const { start, begun, end } = createTestScans(1_000)
    const [a, b] = ['a', 'b'].map(start)
    const late = start('late')
    await nextTurn()
    vi.advanceTimersByTime(1_000)
    await expect(late).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringContaining('summaries'),
    })
    end('a')
    end('b')
    await Promise.all([a, b])
    expect(begun).toEqual(['a', 'b'])
  } finally {
    vi.useRealTimers()
  }
})
