import { expect, test } from 'vitest'
import { startChild } from './start-child.ts'

test('no document ends the process, whichever of its parts fail at once or later', async () => {
  const { exit, output } = startChild('ask-graph.ts')
  const code = await exit
  expect([code, output().trimEnd().split('\n').at(-1)], output().slice(-2000)).toEqual([0, 'done'])
})
