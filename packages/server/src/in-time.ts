import { DatabaseUnavailableError } from '@shared-ledger/ledger'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { isPromise } from './settle-lists.ts'

/**
 * Returns an error DATABASE_UNAVAILABLE when a document takes longer than `boundMs`. This server's own clock decides,
 * so it also works when a promise of the driver never settles. The work may still be carried out later, as after a lost
 * answer.
 */
export function inTime<Result>(
  result: Result | PromiseLike<Result>,
  boundMs: number,
): Result | Promise<Result | ExecutionResult> {
  if (!isPromise(result)) return result
  return orLate(result, boundMs, () => {
    const originalError = tookTooLong(
      boundMs,
      'whether it was carried out is unknown. Try again, with the same nonce.',
    )
    return { data: null, errors: [new GraphQLError(originalError.message, { originalError })] }
  })
}

/** Awaits a result of the app's own code. @throws DatabaseUnavailableError when it takes longer than `boundMs` */
export async function appInTime<Result>(
  answer: Result | PromiseLike<Result>,
  boundMs: number,
): Promise<Result> {
  if (!isPromise(answer)) return answer
  return orLate(answer, boundMs, () => {
    throw tookTooLong(boundMs, 'nothing was done. Try again.')
  })
}

/** Returns the result, or what `late` returns when the result takes longer than `boundMs`. */
export async function orLate<Result, Late>(
  result: Result | PromiseLike<Result>,
  boundMs: number,
  late: () => Late,
): Promise<Result | Late> {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<typeof isLate>((resolve) => {
    timer = setTimeout(resolve, boundMs, isLate)
  })
  try {
    const first = await Promise.race([result, passed])
    return first === isLate ? late() : first
  } finally {
    clearTimeout(timer)
  }
}

const isLate = Symbol('late')

function tookTooLong(boundMs: number, then: string): DatabaseUnavailableError {
  return new DatabaseUnavailableError(`This took longer than ${boundMs / 1000} s, and was given up: ${then}`)
}
