/**
 * What may be posted to an account: everything, nothing that takes credits, nothing, or nothing until it is opened again.
 * Only an account of 0, without holds and overdraft, can be closed.
 */
export const accountStates = ['OPEN', 'SPENDING_FROZEN', 'FROZEN', 'CLOSED'] as const
export type AccountState = (typeof accountStates)[number]
