import { validate, version } from 'uuid'
import { expect, test } from 'vitest'
import { createAttemptId } from '../src/posting/attempt-id.ts'

test('ids of attempts are UUIDv7s, and all are different', () => {
  const ids = Array.from({ length: 10_000 }, createAttemptId)
  expect(new Set(ids).size).toBe(10_000)
  expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(10_000) // no two share their random bytes
  for (const id of ids) expect([validate(id), version(id)]).toEqual([true, 7])
})
