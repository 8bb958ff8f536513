import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseUnavailableError, TransactionConflictError } from '../errors.ts'
import { postingSignals } from './signals.ts'

/** How often a call is made at most. */
export const maxAttempts = 5
const firstDelayMs = 20

/** What may have passed when the same call is made again. */
export type PassingError = TransactionConflictError | DatabaseUnavailableError

export function mayPass(error: unknown): error is PassingError {
  return error instanceof TransactionConflictError || error instanceof DatabaseUnavailableError
}

/** Waits after an attempt that failed, counted from 1: longer each time, and not all callers equally long. */
export async function backOff({ code }: PassingError, attempt: number): Promise<void> {
  postingSignals.retry.tell({ code })
  await sleep(firstDelayMs * 2 ** attempt * (0.5 + Math.random()))
}
