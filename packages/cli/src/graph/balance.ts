import { exitCodes } from '../exit.ts'
import { given } from '../questions.ts'
import { readMoment } from './arguments.ts'
import { hasLots } from './operations.ts'
import type { Session } from './session.ts'
import { linesOfFields } from './shown.ts'

interface Given {
  readonly positionals: readonly string[]
  readonly values: { readonly 'as-of'?: string | undefined }
}

/** Prints an owner's balance, now or at a moment. */
export async function balance(session: Session, { positionals, values }: Given): Promise<number> {
  const { graph, answer } = session
  const asOf = readMoment('as-of', values['as-of'])
  const ownerId = await given(positionals[0], { name: 'OWNER', question: 'Whose balance?' })
  if (asOf !== undefined) {
    const past = await graph.balance(ownerId, { asOf })
    answer({ balance: past }, linesOfFields({ owner: past.ownerId, [`balance at ${asOf}`]: past.amount }))
    return exitCodes.done
  }
  const now = await graph.available(ownerId)
  const expiring = (await hasLots(graph)) ? await graph.expiring(ownerId) : null
  answer(
    { balance: now, expiring },
    linesOfFields({
      owner: now.ownerId,
      balance: now.amount,
      available: now.available,
      held: now.held || undefined,
      overdraft: now.overdraft || undefined,
      'expires next': expiring && `${expiring.amount} on ${expiring.on}`,
      state: now.state,
    }),
  )
  return exitCodes.done
}
