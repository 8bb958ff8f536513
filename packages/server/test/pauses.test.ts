import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPauses } from '../src/pauses.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const options = { pauseFactor: 20, maxPauseMs: 2000 }

test('work pauses in proportion to its time while others ask, up to a limit', () => {
  const pauses = createPauses(options)
  pauses.noteOther()
  expect(pauses.after(30)).toBe(600)
  expect(pauses.after(3000)).toBe(2000)
})

test('work does not pause when nobody else asks or has just asked', () => {
  const pauses = createPauses(options)
  expect(pauses.after(30)).toBe(0)
  pauses.noteOther()
  vi.advanceTimersByTime(1020) // it began 990 ms after the other
  expect(pauses.after(30)).toBe(600)
  vi.advanceTimersByTime(20)
  expect(pauses.after(30)).toBe(0)
  expect(pauses.afterBytes(1024 * 1024)).toBe(0)
})

test('large bodies pause for the bytes of all of them, up to a limit', () => {
  const pauses = createPauses(options)
  pauses.noteOther()
  expect(pauses.afterBytes(512 * 1024)).toBe(20)
  expect(pauses.afterBytes(1024 * 1024)).toBe(60)
  vi.advanceTimersByTime(50)
  expect(pauses.afterBytes(512 * 1024)).toBe(30)
  for (let index = 0; index < 200; index += 1) pauses.afterBytes(512 * 1024)
  expect(pauses.afterBytes(512 * 1024)).toBe(2000)
})
