import { maxErrors, type ProblemCode, type ProblemTable, problemPath, problems } from './problems.ts'
import type { RestEntry, RestHold } from './shapes.ts'

/** What is wrong with one field of a request. */
export interface FieldProblem {
  /** The field's name in REST, such as `owner_id` or `metadata.colour`. */
  readonly field: string
  readonly message: string
}

/** Members that some codes add to their answer. */
interface ProblemExtensions {
  readonly errors?: readonly FieldProblem[]
  /** The index of the refused entry in the request, from 0. `owner_id` says whose it is. */
  readonly entry_index?: number
  readonly owner_id?: string
  /** The credits on the account. */
  readonly balance?: number
  /** Whether the account takes postings, for a refusal that depends on it. */
  readonly state?: string
  /** The original of a duplicate: a posting or a hold. */
  readonly entry?: RestEntry
  readonly hold?: RestHold
  /** When the limit allows the next one. Null means never. */
  readonly next_on?: Date | null
  /** How many credits refunds may still give back. */
  readonly refundable?: number
}

/** A refusal. It may be thrown anywhere while a request is handled. */
export class Problem extends Error {
  readonly code: string
  readonly extensions: ProblemExtensions
  readonly headers: Readonly<Record<string, string>>

  /** @param detail What went wrong this time, for people. It must not contain anything internal. */
  constructor(
    code: string,
    detail: string,
    extensions: ProblemExtensions = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail)
    this.code = code
    this.extensions = extensions
    this.headers = headers
  }
}

/**
 * Makes a problem with a common code. The default detail is the code's meaning.
 *
 * @example throw problem('NOT_FOUND', 'The app has no content 7.')
 */
export function problem(code: ProblemCode, detail?: string, extensions?: ProblemExtensions): Problem {
  return new Problem(code, detail ?? problems[code].meaning, extensions)
}

/** Makes a validation problem. Its detail lists the first faults, and `errors` has them by field. */
export function validationProblem(errors: readonly FieldProblem[]): Problem {
  const told = errors.slice(0, maxErrors).map(clipMessage)
  const detail = told.map(({ field, message }) => `${field} ${message}`).join('; ')
  return problem('VALIDATION_ERROR', clip(detail), { errors: told })
}

/** An answer before it is written. The body becomes JSON, and null means no body. */
export interface RestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** For the log: a code, `replayed`, or `ok`. */
  readonly outcome: string
  /** For the log: the GraphQL operation that ran, if one did. */
  readonly operation?: string
  /** The path of the route as its definition has it: `/ledger/{owner_id}`. */
  readonly route?: string
}

/** The body of an answer with a problem, as in RFC 9457. */
export interface ProblemBody extends ProblemExtensions {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
}

/** Makes the application/problem+json answer. A code that is in neither table becomes an internal error. */
export function problemAnswer(
  refused: Problem,
  own: ProblemTable = {},
): RestAnswer & { readonly body: ProblemBody } {
  const table: ProblemTable = { ...problems, ...own }
  const known = Object.hasOwn(table, refused.code) ? table[refused.code] : undefined
  if (!known) return problemAnswer(problem('INTERNAL_ERROR'))
  const { status, title, retryAfterSeconds, headers } = known
  const { code, message: detail, extensions } = refused
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...headers,
      ...refused.headers,
    },
    body: { type: problemPath(code), title, status, detail, code, ...extensions },
    outcome: code,
  }
}

const maxDetailLength = 1000

/** Cuts a text to a length that fits a log and a screen. Clients choose field names, which may be very long. */
function clip(text: string): string {
  return text.length > maxDetailLength ? `${text.slice(0, maxDetailLength)}…` : text
}

function clipMessage({ field, message }: FieldProblem): FieldProblem {
  return { field: clip(field), message: clip(message) }
}
