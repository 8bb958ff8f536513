import { CommandError, exitCodes } from '../exit.ts'

/** A refusal of the ledger, as the client returns it. */
export interface Refusal {
  readonly ok: false
  readonly __typename: string
  readonly code: string
  readonly message: string
}

/** Returns the error that a refusal ends a command with. */
export function refusedBy({ ok: _, __typename, ...refusal }: Refusal): CommandError {
  const faults = 'errors' in refusal && Array.isArray(refusal.errors) ? refusal.errors : []
  const more = faults.map(({ field, message }) => `\n  ${field}: ${message}`).join('')
  const left = 'balance' in refusal ? balanceText(refusal.balance) : ''
  return new CommandError(`${refusal.code}: ${refusal.message}${left}${more}`, {
    exitCode: __typename === 'NotFoundError' ? exitCodes.notFound : exitCodes.refused,
    json: refusal,
  })
}

function balanceText(balance: unknown): string {
  const known = typeof balance === 'object' && balance !== null && 'amount' in balance && 'ownerId' in balance
  return known ? ` ${JSON.stringify(balance.ownerId)} has ${balance.amount}.` : ''
}

/** Returns the error for an id that names nothing: no "hold", "entry" or "transaction". */
export function notFound(what: string): CommandError {
  const message = `The app has no such ${what}, or the key may not see it.`
  return new CommandError(message, { exitCode: exitCodes.notFound, json: { code: 'NOT_FOUND', message } })
}
