import { expect, test } from 'vitest'
import { capacityOf } from '../cluster/scale.ts'

test('a cluster takes what its workers take', () => {
  const cost = { workers: 50, coordinator: 0 }
  expect(capacityOf(cost, { workers: 4, cores: 8 })).toEqual({
    entriesPerSecond: 640_000,
    limitedBy: 'workers',
  })
})

test('the coordinator limits all workers together', () => {
  const cost = { workers: 50, coordinator: 10 }
  expect(capacityOf(cost, { workers: 4, cores: 8 })).toMatchObject({ entriesPerSecond: 640_000 })
  expect(capacityOf(cost, { workers: 16, cores: 8 })).toEqual({
    entriesPerSecond: 800_000,
    limitedBy: 'coordinator',
  })
})
