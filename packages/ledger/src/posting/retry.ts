import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseUnavailableError, TransactionConflictError } from '../errors.ts'
import { postingSignals } from './signals.ts'

/** The most attempts of a call. */
export const maxAttempts = 5
const firstDelayMs = 20

/** Whether an error may have passed when the call is made again. */
type PassingError = TransactionConflictError | DatabaseUnavailableError

export function mayPass(error: unknown): error is PassingError {
  return error instanceof TransactionConflictError || error instanceof DatabaseUnavailableError
}

/** Waits after a failed attempt, counted from 1. Each wait is longer, and callers wait for different times. */
export async function backOff({ code }: PassingError, attempt: number): Promise<void> {
  postingSignals.retry.tell({ code })
  await sleep(firstDelayMs * 2 ** attempt * (0.5 + Math.random()))
}
