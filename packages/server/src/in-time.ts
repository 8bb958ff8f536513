import { DatabaseUnavailableError } from '@shared-ledger/ledger'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { isPromise } from './settle-lists.ts'

/**
 * Answers DATABASE_UNAVAILABLE where a document takes longer than its bound, by this server's own clock: also where a
 * promise of the driver is never settled. What it has begun may still be carried out, as after a lost answer.
 */
export function inTime<Result>(
  result: Result | PromiseLike<Result>,
  boundMs: number,
): Result | Promise<Result | ExecutionResult> {
  return isPromise(result) ? settledInTime(result, boundMs) : result
}

async function settledInTime<Result>(result: PromiseLike<Result>, boundMs: number) {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<ExecutionResult>((resolve) => {
    timer = setTimeout(() => resolve({ data: null, errors: [tookTooLong(boundMs)] }), boundMs)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}

function tookTooLong(boundMs: number): GraphQLError {
  const originalError = new DatabaseUnavailableError(
    `This took longer than ${boundMs / 1000} s, and was given up: whether it was carried out is unknown. Try again, with the same nonce.`,
  )
  return new GraphQLError(originalError.message, { originalError })
}
