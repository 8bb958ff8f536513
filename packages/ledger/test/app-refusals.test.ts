import { expect, test } from 'vitest'
import { defineRefusal } from '../src/index.ts'

const RoundNotFoundError = defineRefusal('ROUND_NOT_FOUND', {
  status: 404,
  meaning: 'No round has this id. Nothing was posted.',
  message: (id: string) => `There is no round ${id}.`,
})

test('an app’s own error is an Error with its code, and a name that follows from the code', () => {
  const error = new RoundNotFoundError('7')
  expect(error).toBeInstanceOf(Error)
  expect(error).toBeInstanceOf(RoundNotFoundError)
  expect(error).toMatchObject({
    name: 'RoundNotFoundError',
    code: 'ROUND_NOT_FOUND',
    message: 'There is no round 7.',
  })
  expect(error.stack).toContain(import.meta.filename)
  expect(RoundNotFoundError.facts).toEqual({
    name: 'RoundNotFoundError',
    code: 'ROUND_NOT_FOUND',
    status: 404,
    title: 'Round not found',
    meaning: 'No round has this id. Nothing was posted.',
  })
})

test('two such errors can be distinguished', () => {
  const RoundOverError = defineRefusal('ROUND_OVER', {
    status: 409,
    meaning: 'Over.',
    message: () => 'Over.',
  })
  expect(new RoundOverError()).not.toBeInstanceOf(RoundNotFoundError)
})
