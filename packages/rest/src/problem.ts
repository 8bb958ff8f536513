import { maxErrors, type ProblemCode, type ProblemTable, problemPath, problems } from './problems.ts'
import type { RestEntry, RestHold } from './shapes.ts'

/** What is wrong with one field of a request. */
export interface FieldProblem {
  /** The field as REST names it, such as `owner_id` or `metadata.colour`. */
  readonly field: string
  readonly message: string
}

/** Members that a code adds to its answer. */
export interface ProblemExtensions {
  readonly errors?: readonly FieldProblem[]
  /** Which of the request's entries was refused, counted from 0, and whose it is. */
  readonly entry_index?: number
  readonly owner_id?: string
  /** Credits on the account. */
  readonly balance?: number
  /** The original of a duplicate: a posting or a hold. */
  readonly entry?: RestEntry
  readonly hold?: RestHold
  /** When a limit allows the next one; null: never. */
  readonly next_on?: Date | null
  /** The credits that refunds may still give back. */
  readonly refundable?: number
}

/** A request refused: thrown anywhere between the request and its answer. */
export class Problem extends Error {
  readonly code: string
  readonly extensions: ProblemExtensions
  readonly headers: Readonly<Record<string, string>>

  /** @param detail What went wrong this time, for people; nothing internal. */
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

/** A problem with one of the common codes; its detail is the code's meaning if none is given. */
export function problem(code: ProblemCode, detail?: string, extensions?: ProblemExtensions): Problem {
  return new Problem(code, detail ?? problems[code].meaning, extensions)
}

/** A validation problem of the first faults: its detail lists what `errors` has by field. */
export function validationProblem(errors: readonly FieldProblem[]): Problem {
  const told = errors.slice(0, maxErrors).map(clipMessage)
  const detail = told.map(({ field, message }) => `${field} ${message}`).join('; ')
  return problem('VALIDATION_ERROR', clip(detail), { errors: told })
}

/** An answer before it is written: a body is JSON, null is none. */
export interface RestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** For the log: a code, `replayed`, or `ok`. */
  readonly outcome: string
  /** For the log: the GraphQL operation that ran, if one did. */
  readonly operation?: string
  /** The path of the route that answers, as its row has it: `/ledger/{owner_id}`. */
  readonly route?: string
}

/** What a problem is answered with: RFC 9457. */
export interface ProblemBody extends ProblemExtensions {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
}

/** The application/problem+json answer to a problem; a code in neither table is an internal error. */
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

/** Text cut to a length that fits a log and a screen: field names come from the client and may be huge. */
function clip(text: string): string {
  return text.length > maxDetailLength ? `${text.slice(0, maxDetailLength)}…` : text
}

function clipMessage({ field, message }: FieldProblem): FieldProblem {
  return { field: clip(field), message: clip(message) }
}
