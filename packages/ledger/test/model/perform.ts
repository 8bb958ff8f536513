import { expect } from 'vitest'
import type { Outcome } from './model.ts'
import type { Answered, Expected, Scene } from './play.ts'
import type { Stage } from './stage.ts'

/** How a scene's requests are sent: each in its own call, or a batch in one call. */
export type Sending = 'one by one' | 'in batches'

/** Carries a scene out on a ledger, and compares the outcomes with the model's. */
export async function perform(
  stage: Stage,
  scene: Scene & { kind: 'one' | 'batch' },
  sending: Sending,
): Promise<void> {
  const { requests, dryRun } = scene
  // A batch in a dry run is always one call: alone, each request would not see those before it.
  if (scene.kind === 'batch' && (sending === 'in batches' || dryRun)) {
    const commands = requests.map(({ command }) => command)
    compare(requests.map(asInBatch), await stage.batch(commands, dryRun))
    return
  }
  const outcomes: Answered[] = []
  for (const { command } of requests) outcomes.push(await stage.one(command, dryRun))
  compare(requests, outcomes)
}

export function compare(requests: readonly Expected[], outcomes: readonly Answered[]): void {
  expect(outcomes).toHaveLength(requests.length)
  for (const [index, { command, outcome }] of requests.entries()) {
    expect({ command, outcome: outcomes[index] }).toEqual({ command, outcome })
  }
}

/** Returns the outcome as a batch reports it: a capture's entry, without its hold. */
export function asInBatch({ command, outcome }: Expected): Expected {
  return { command, outcome: outcome.code === 'POSTED' ? withoutHold(outcome) : outcome }
}

function withoutHold({ code, entries, balances }: Outcome & { code: 'POSTED' }): Outcome {
  return { code, entries, balances }
}
