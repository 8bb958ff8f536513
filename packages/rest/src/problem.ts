import { type ProblemCode, type ProblemTable, problemPath, problems } from './problems.ts'

/** What is wrong with one field of a request. */
export interface FieldProblem {
  /** The field as REST names it, such as `owner_id` or `metadata.colour`. */
  readonly field: string
  readonly message: string
}

/** Members that a code adds to its answer. */
export interface ProblemExtensions {
  readonly errors?: readonly FieldProblem[]
  readonly balance?: number
  readonly entry?: unknown
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

/** A validation problem: its detail lists what `errors` has by field. */
export function validationProblem(errors: readonly FieldProblem[]): Problem {
  const detail = errors.map(({ field, message }) => `${field} ${message}`).join('; ')
  return problem('VALIDATION_ERROR', clip(detail), { errors: errors.map(clipMessage) })
}

/** An answer before it is written: JSON unless `contentType` says otherwise. */
export interface RestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** For the log: a code, `replayed`, or `ok`. */
  readonly outcome: string
  /** For the log: the GraphQL operation that ran, if one did. */
  readonly operation?: string
}

/** The application/problem+json answer to a problem; a code in neither table is an internal error. */
export function problemAnswer(refused: Problem, own: ProblemTable = {}): RestAnswer {
  const table: ProblemTable = { ...problems, ...own }
  const known = Object.hasOwn(table, refused.code) ? table[refused.code] : undefined
  if (!known) return problemAnswer(problem('INTERNAL_ERROR'))
  const { status, title, retryAfterSeconds } = known
  const { code, message: detail, extensions } = refused
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
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
