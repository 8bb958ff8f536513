import type { LedgerOperationInfo } from '@shared-ledger/client'
import { CommandError, exitCodes } from '../exit.ts'
import { tableOf } from '../table.ts'
import type { LedgerGraph } from './client.ts'
import type { Session } from './session.ts'

type Operation = LedgerOperationInfo<string>

/** Lists the app's operations. */
export async function operations({ graph, answer }: Session): Promise<number> {
  const all = await graph.operations()
  const rows = all.map((operation) => [
    operation.name,
    amountText(operation),
    rulesText(operation),
    operation.description ?? '',
  ])
  answer({ operations: all }, tableOf(['operation', 'amount', 'rules', 'what'], rows))
  return exitCodes.done
}

/** Returns the app's operation. @throws CommandError that names those that it has */
export async function operationOf(graph: LedgerGraph, name: string): Promise<Operation> {
  const all = await graph.operations()
  const found = all.find((operation) => operation.name === name)
  if (found) return found
  const message = `The app has no operation ${name}. It has: ${all.map((operation) => operation.name).join(', ')}.`
  throw new CommandError(message, {
    exitCode: exitCodes.refused,
    json: { code: 'UNKNOWN_OPERATION', message },
  })
}

/** Whether the app's credits may expire. Its graph then has lots. */
export async function hasLots(graph: LedgerGraph): Promise<boolean> {
  return (await graph.operations()).some(({ name }) => name === 'CREDIT_EXPIRED')
}

/** Whether a request may post the operation by itself. */
export function isPosted({ internal, retired, paired }: Operation): boolean {
  return !internal && !retired && !paired
}

/** Returns the amounts that a request may give: "5", or "1 to 100, or 10". */
export function amountText({ minAmount, maxAmount, defaultAmount, direction }: Operation): string {
  const sign = direction === 'OUT' ? '-' : direction === 'IN' ? '+' : ''
  if (minAmount === maxAmount) return `${sign}${minAmount}`
  const usual = defaultAmount === null ? '' : `, or ${defaultAmount}`
  return `${sign}${minAmount} to ${maxAmount}${usual}`
}

function rulesText({ limit, scope, state, internal, retired, paired }: Operation): string {
  const most = limit && [limit.times && `${limit.times} times`, limit.credits && `${limit.credits} credits`]
  return [
    most && `${most.filter(Boolean).join(', ')} per ${limit.per.toLowerCase()}`,
    scope && `scope ${scope.toLowerCase()}`,
    state && `the account is ${state.toLowerCase().replace('_', ' ')} after it`,
    internal && 'internal',
    retired && 'retired',
    paired && 'paired',
  ]
    .filter(Boolean)
    .join('; ')
}
