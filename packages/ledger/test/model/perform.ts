import { expect } from 'vitest'
import type { Outcome } from './model.ts'
import type { Answered, Expected, Scene } from './play.ts'
import type { Stage } from './stage.ts'

/** How a scene's requests are sent: each by its own call, or a batch in one. */
export type Sending = 'one by one' | 'in batches'

/** Carries a scene out on a ledger, and compares what it comes to with what the model says. */
export async function perform(
  stage: Stage,
  scene: Scene & { kind: 'one' | 'batch' },
  sending: Sending,
): Promise<void> {
  const { requests, dryRun } = scene
  // A batch that is only tried is one call in any case: by itself each request would know nothing of those before it.
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

/** A batch answers a capture's entry, and not its hold. */
export function asInBatch({ command, outcome }: Expected): Expected {
  return { command, outcome: outcome.code === 'POSTED' ? withoutHold(outcome) : outcome }
}

function withoutHold({ code, entries, balances }: Outcome & { code: 'POSTED' }): Outcome {
  return { code, entries, balances }
}
