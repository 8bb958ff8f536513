import { expect, test } from 'vitest'
import { rowIdOf, rowsOfOwner, ValidationError } from '../src/index.ts'

test.each([
  ['1', 1],
  ['2147483647', 2147483647],
  ['2147483648', 0],
  ['99999999999999999999', 0],
  ['0', 0],
  ['-1', 0],
  ['01', 0],
  ['1.5', 0],
  ['1e3', 0],
  [' 1', 0],
  ['٣', 0],
  ['', 0],
])('the text %j is the id %d of a row', (text, id) => {
  expect(rowIdOf(text)).toBe(id)
})

test('a page of an owner’s rows has 20 of them, newest first', () => {
  expect(rowsOfOwner({ ownerId: 'ada' })).toEqual({
    where: { ownerId: 'ada' },
    orderBy: { id: 'desc' },
    take: 20,
  })
  expect(rowsOfOwner({ ownerId: 'ada', first: null, after: null }).take).toBe(20)
  expect(rowsOfOwner({ ownerId: 'ada', first: 100, after: '7' })).toEqual({
    where: { ownerId: 'ada', id: { lt: 7 } },
    orderBy: { id: 'desc' },
    take: 100,
  })
})

test.each([
  [{ ownerId: '' }, 'ownerId'],
  [{ ownerId: 'a\0' }, 'ownerId'],
  [{ ownerId: 'ada', first: 0 }, 'first'],
  [{ ownerId: 'ada', first: 101 }, 'first'],
  [{ ownerId: 'ada', first: 1.5 }, 'first'],
  [{ ownerId: 'ada', after: '0' }, 'after'],
  [{ ownerId: 'ada', after: 'x' }, 'after'],
  [{ ownerId: 'ada', after: '2147483648' }, 'after'],
])('the page %j is refused', (input, field) => {
  const refused = () => rowsOfOwner(input)
  expect(refused).toThrow(ValidationError)
  expect(refused).toThrow(expect.objectContaining({ errors: [expect.objectContaining({ field })] }))
})
