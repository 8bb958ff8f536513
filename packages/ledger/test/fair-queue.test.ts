import { expect, test } from 'vitest'
import { createFairQueue, type Turn } from '../src/posting/fair-queue.ts'

interface Item {
  readonly name: string
  readonly ownerIds: readonly string[]
  readonly entries: number
  readonly arrival: number
}

function queueOf(...waiting: (readonly [name: string, ...ownerIds: string[]])[]) {
  const items = waiting.map(([name, ...ownerIds], arrival): Item => ({ name, ownerIds, entries: 1, arrival }))
  const queue = createFairQueue<Item>()
  queue.add(items)
  const take = (max: number, turnOf: (item: Item) => Turn = () => 'take') =>
    queue.take(max, turnOf).map(({ name }) => name)
  return { queue, items, take }
}

test("every owner gets a turn, and each owner's items keep their order", () => {
  const { queue, take } = queueOf(
    ['a1', 'a'],
    ['a2', 'a'],
    ['a3', 'a'],
    ['a4', 'a'],
    ['b1', 'b'],
    ['c1', 'c'],
    ['c2', 'c'],
  )
  expect(take(3)).toEqual(['a1', 'b1', 'c1'])
  expect(queue.size).toBe(4)
  expect(take(10)).toEqual(['a2', 'c2', 'a3', 'a4'])
  expect(queue.size).toBe(0)
  expect(take(10)).toEqual([])
})

test('an owner whose turn was taken waits behind owners who had none', () => {
  const { take } = queueOf(['a1', 'a'], ['a2', 'a'], ['b1', 'b'])
  expect(take(1)).toEqual(['a1'])
  expect(take(1)).toEqual(['b1'])
  expect(take(1)).toEqual(['a2'])
})

test('an item whose second owner is at work waits in place, and so do those behind it', () => {
  const { queue, take } = queueOf(['a1', 'a'], ['ab', 'a', 'b'], ['a2', 'a'], ['c1', 'c'], ['ca', 'c', 'a'])
  const waits = ({ ownerIds }: Item): Turn => (ownerIds.includes('b') ? 'wait' : 'take')
  expect(take(10, waits)).toEqual(['a1', 'c1', 'ca'])
  expect(queue.size).toBe(2)
  expect(take(10)).toEqual(['ab', 'a2'])
})

test('an item that leaves lets the others pass, and returns to its place', () => {
  const { queue, items, take } = queueOf(['a1', 'a'], ['ab', 'a', 'b'], ['a2', 'a'], ['a3', 'a'])
  const left: Item[] = []
  const leaves = (item: Item): Turn => {
    if (!item.ownerIds.includes('b')) return 'take'
    left.push(item)
    return 'leave'
  }
  expect(take(2, leaves)).toEqual(['a1', 'a2'])
  expect(left).toEqual([items[1]])
  expect(queue.size).toBe(1)
  queue.add(left)
  expect(take(10)).toEqual(['ab', 'a3'])
})

test('one take has at most so many entries, and a larger item is taken alone', () => {
  const queue = createFairQueue<Item>()
  queue.add(
    [100, 100, 60, 300, 1].map((entries, arrival) => ({
      name: `${entries}`,
      ownerIds: [`${arrival}`],
      entries,
      arrival,
    })),
  )
  const take = () => queue.take(256, () => 'take').map(({ name }) => name)
  expect(take()).toEqual(['100', '100'])
  expect(take()).toEqual(['60'])
  expect(take()).toEqual(['300'])
  expect(take()).toEqual(['1'])
})
