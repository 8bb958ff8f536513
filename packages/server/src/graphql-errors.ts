import {
  DatabaseUnavailableError,
  type LedgerError,
  ledgerErrorOf,
  ValidationError,
} from '@shared-ledger/ledger'
import { Problem, type ProblemTable, problems } from '@shared-ledger/rest'
import { GraphQLError, type GraphQLErrorExtensions } from 'graphql'

/** Who is told of what clients see little of. */
export interface ErrorListeners {
  /** A fault of the server. */
  readonly onFault: (error: unknown) => void
  /** DATABASE_UNAVAILABLE, with its cause. */
  readonly onUnavailable: (error: DatabaseUnavailableError) => void
}

/** What clients may see of an error. */
export function createMaskError({
  onFault,
  onUnavailable,
}: ErrorListeners): (error: unknown) => GraphQLError {
  return (error) => {
    const cause = causeOf(error)
    const refused = ledgerErrorOf(cause)
    if (refused instanceof DatabaseUnavailableError) onUnavailable(refused)
    if (refused) return maskedError(error, refused.message, ledgerExtensions(refused))
    if (error instanceof GraphQLError && isCoercionError(error)) {
      const isOfRequest = error.path === undefined
      const extensions = { code: 'BAD_USER_INPUT', ...(isOfRequest && { http: { status: 400 } }) }
      return maskedError(error, shortened(error.message), extensions)
    }
    if (cause instanceof Problem && Object.hasOwn(problems, cause.code)) return maskedProblem(error, cause)
    if (cause instanceof GraphQLError && cause.extensions.code) return withOurCode(cause)
    onFault(cause)
    return maskedError(error, problems.INTERNAL_ERROR.meaning, { code: 'INTERNAL_ERROR' })
  }
}

function ledgerExtensions(error: LedgerError): GraphQLErrorExtensions {
  const { code, retryable } = error
  return {
    code,
    ...(retryable && { retryable }),
    ...(error instanceof ValidationError && { errors: error.errors }),
  }
}

const keptLength = 500

/** A message that repeats the client's value, however long, between the variable's name and the reason. */
function shortened(message: string): string {
  if (message.length <= 2 * keptLength) return message
  return `${message.slice(0, keptLength)}…${message.slice(-keptLength)}`
}

/** An error in the place of another: nothing else of that one is kept. */
function maskedError(error: unknown, message: string, extensions: GraphQLErrorExtensions): GraphQLError {
  const { nodes, path } = error instanceof GraphQLError ? error : {}
  return new GraphQLError(message, { ...(nodes && { nodes }), ...(path && { path }), extensions })
}

/** What a field throws is about that field: the answer has a status of its own. */
function maskedProblem(error: unknown, refused: Problem): GraphQLError {
  const { http, ...extensions } = graphqlProblem(refused).extensions
  const isOfField = error instanceof GraphQLError && error.path !== undefined
  return maskedError(
    error,
    refused.message,
    isOfField ? extensions : { ...extensions, ...(http && { http }) },
  )
}

/** Yoga says BAD_REQUEST of a mutation sent with GET. */
function withOurCode(error: GraphQLError): GraphQLError {
  if (error.extensions.http?.status === 405) error.extensions.code = 'METHOD_NOT_ALLOWED'
  return error
}

/** A refusal of the transport as GraphQL over HTTP answers it. */
export function graphqlProblem({ code, message, headers }: Problem): GraphQLError {
  const table: ProblemTable = problems
  const { status = 500, retryAfterSeconds, headers: ofCode } = table[code] ?? {}
  const mayPass = retryAfterSeconds !== undefined
  const allHeaders = { ...(mayPass && { 'retry-after': String(retryAfterSeconds) }), ...ofCode, ...headers }
  return new GraphQLError(message, {
    extensions: { code, ...(mayPass && { retryable: true }), http: { status, headers: allHeaders } },
  })
}

/** What was thrown, beneath the errors that say where. */
function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? causeOf(error.originalError) : error
}

/** A value that graphql-js refused before a resolver ran; it gives such errors no code. */
function isCoercionError({ path, message, originalError }: GraphQLError): boolean {
  if (path === undefined) return /^Variable "/.test(message)
  const isResolversOwn = originalError && !(originalError instanceof GraphQLError)
  return !isResolversOwn && /^(?:Argument|Variable) "/.test(message)
}
