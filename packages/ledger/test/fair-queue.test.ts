import { expect, test } from 'vitest'
import { createFairQueue } from '../src/posting/fair-queue.ts'

const item = (name: string, ...ownerIds: string[]) => ({ name, ownerIds })
const none = () => false

function queueOf(...items: ReturnType<typeof item>[]) {
  const queue = createFairQueue<ReturnType<typeof item>>()
  for (const each of items) queue.add(each)
  const take = (max: number, isBusy: (ownerId: string) => boolean = none) =>
    queue.take(max, isBusy).map(({ name }) => name)
  return { take }
}

test('every owner gets a turn, each in the order of his own', () => {
  const { take } = queueOf(
    ...['a1', 'a2', 'a3', 'a4'].map((name) => item(name, 'a')),
    item('b1', 'b'),
    item('c1', 'c'),
    item('c2', 'c'),
  )
  expect(take(3)).toEqual(['a1', 'b1', 'c1'])
  expect(take(10)).toEqual(['a2', 'c2', 'a3', 'a4'])
  expect(take(10)).toEqual([])
})

test('an owner whose turn was taken waits behind those who had none', () => {
  const { take } = queueOf(item('a1', 'a'), item('a2', 'a'), item('b1', 'b'))
  expect(take(1)).toEqual(['a1'])
  expect(take(1)).toEqual(['b1'])
  expect(take(1)).toEqual(['a2'])
})

test('busy owners keep their place, also as the second owner of something', () => {
  const { take } = queueOf(item('a1', 'a'), item('ab', 'a', 'b'), item('c1', 'c'), item('ca', 'c', 'a'))
  expect(take(10, (ownerId) => ownerId === 'b')).toEqual(['a1', 'c1', 'ca'])
  expect(take(10)).toEqual(['ab'])
})
