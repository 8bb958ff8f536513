import { validate, version } from 'uuid'
import { expect, test } from 'vitest'
import { createAttemptId } from '../src/posting/attempt-id.ts'

test('ids of attempts are UUIDv7s, and no two are the same', () => {
  const ids = Array.from({ length: 10_000 }, createAttemptId)
  expect(new Set(ids).size).toBe(10_000)
  expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(10_000) // none has the random bytes of another
  for (const id of ids) expect([validate(id), version(id)]).toEqual([true, 7])
})
