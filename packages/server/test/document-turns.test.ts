import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { bounds } from '../src/bounds.ts'
import { createDocumentTurns } from '../src/document-turns.ts'

const hour = 3_600_000
const long = 2_000

/** Takes the turn of a long document and keeps the others waiting. */
async function takeLong(turns: ReturnType<typeof createDocumentTurns>) {
  await turns.wait(long)
  const until = performance.now() + 20
  while (performance.now() < until);
}

/** Whether a document of this length gets its turn within a few turns of the event loop. */
function getsTurn(turns: ReturnType<typeof createDocumentTurns>, length: number): Promise<boolean> {
  const turnsPassed = async () => {
    for (let count = 0; count < 100; count += 1) await nextTurn()
    return false
  }
  return Promise.race([turns.wait(length).then(() => true), turnsPassed()])
}

test('after a slow document, other long documents wait while known ones are asked for', async () => {
  const turns = createDocumentTurns({ ...bounds, pauseFactor: hour, maxPauseMs: hour })
  turns.noteKnown()
  await takeLong(turns)
  expect(await getsTurn(turns, long)).toBe(false)
  expect(await getsTurn(turns, 100)).toBe(true)
  expect(await getsTurn(turns, bounds.bulkBytes + 1)).toBe(true)
})

test('nobody waits while nothing else is asked for', async () => {
  const turns = createDocumentTurns({ ...bounds, pauseFactor: hour, maxPauseMs: hour })
  await takeLong(turns)
  expect(await getsTurn(turns, long)).toBe(true)
})

test('long documents take at most half of the places at work', async () => {
  const turns = createDocumentTurns({ ...bounds, atWork: 4, pauseFactor: hour, maxPauseMs: hour })
  turns.noteKnown()
  await takeLong(turns)
  const waiting = [turns.wait(long), turns.wait(long)]
  await expect(turns.wait(long)).rejects.toMatchObject({ code: 'OVERLOADED' })
  expect(await Promise.race([...waiting, nextTurn('they wait')])).toBe('they wait')
})
