import type { GraphQLFormattedError } from 'graphql'
import { z } from 'zod'
import { restFieldName } from './fields.ts'
import type {
  RestRefusalFragment,
  RestSetOverdraftMutation,
  RestTransactionRefusalFragment,
} from './generated/documents.ts'
import { restEntry, restHold, restState } from './graph.ts'
import { isObject } from './json.ts'
import { type FieldProblem, Problem, problem, validationProblem } from './problem.ts'

/** A refusal is known by the alias in `refusal: __typename`. */
type Refused = { readonly refusal: string }

/** A mutation's refusal: any member of the result's union but the success. */
export type Refusal =
  | RestRefusalFragment
  | RestTransactionRefusalFragment
  | Extract<RestSetOverdraftMutation['result'], Refused>

/** A document's result when nothing was refused. */
export type Accepted<Result> = Exclude<Result, Refused>

/** REST's names for fields of the graph, where they are not the same name in snake_case. */
export type FieldNames = Readonly<Record<string, string>>

/** Whether a document's result is a refusal, as `...RestRefusal` selects it. */
export function isRefusal(result: unknown): result is Refusal {
  return isObject(result) && 'refusal' in result
}

/** Converts a mutation's refusal to a problem. */
export function refusalProblem(refusal: Refusal, names: FieldNames = {}): Problem {
  if ('errors' in refusal) return validationProblem(refusal.errors.map((error) => renamed(error, names)))
  const nextOn = 'nextOn' in refusal ? refusal.nextOn : null
  return new Problem(
    refusal.code,
    refusal.message,
    {
      ...('entryIndex' in refusal && {
        entry_index: refusal.entryIndex,
        owner_id: 'ownerId' in refusal ? refusal.ownerId : refusal.balance.ownerId,
      }),
      ...('balance' in refusal && { balance: refusal.balance.amount }),
      ...('balance' in refusal && 'state' in refusal.balance && stateOf(refusal.balance)),
      ...('original' in refusal && { entry: restEntry(refusal.original) }),
      ...('originalHold' in refusal && { hold: restHold(refusal.originalHold) }),
      ...('endedHold' in refusal && { hold: restHold(refusal.endedHold) }),
      ...('nextOn' in refusal && { next_on: nextOn }),
      ...('refundable' in refusal && { refundable: refusal.refundable }),
    },
    nextOn ? { 'retry-after': secondsUntil(nextOn) } : {},
  )
}

function stateOf({ state }: { readonly state: string | null }) {
  return state === null ? {} : { state: restState(state) }
}

function secondsUntil(moment: Date): string {
  return String(Math.max(1, Math.ceil((moment.getTime() - Date.now()) / 1000)))
}

const fieldErrors = z.array(z.object({ field: z.string(), message: z.string() }))

type GraphError = Pick<GraphQLFormattedError, 'message' | 'extensions'>

/**
 * Converts a result's `errors[]` to a problem: all variables of a wrong type, else the first error by its
 * `extensions.code`.
 */
export function graphProblem(all: readonly GraphError[]): Problem {
  const coercions = all.filter(({ extensions }) => extensions?.code === 'BAD_USER_INPUT')
  if (coercions.length > 0) return validationProblem(coercions.map(({ message }) => coercionProblem(message)))
  const [{ message, extensions } = { message: '' }] = all
  const code = extensions?.code
  const errors = fieldErrors.safeParse(extensions?.errors)
  if (errors.success) return validationProblem(errors.data.map((error) => renamed(error)))
  if (typeof code !== 'string') return problem('INTERNAL_ERROR')
  const { data } = waitHeaders.safeParse(extensions?.http)
  return new Problem(code, message, {}, data?.headers)
}

/** Keeps the headers of an error that say when to send the request again. */
const waitHeaders = z.object({
  headers: z
    .record(z.string(), z.string())
    .transform((all) => Object.fromEntries(Object.entries(all).filter(([name]) => waitNames.has(name)))),
})

const waitNames: ReadonlySet<string> = new Set(['retry-after', 'ratelimit', 'ratelimit-policy'])

function renamed({ field, message }: FieldProblem, names: FieldNames = {}): FieldProblem {
  const name = field.replace(/^input\./, '')
  return { field: Object.hasOwn(names, name) ? (names[name] ?? name) : restFieldName(name), message }
}

/**
 * Matches the messages of graphql-js about variables. A quoted value comes from the client, so text inside its strings
 * does not count as a part of the message.
 */
const coercion =
  /^Variable "\$(\w+)"(?: got invalid value (?:"[^"\\]*(?:\\.[^"\\]*)*"|[^";])*?(?: at "([^"]+)")?; (.+))?/s

/** graphql-js names the variable, and the place of a wrong type in it, only in the message. */
function coercionProblem(message: string): FieldProblem {
  const [, variable = 'input', place = variable, reason = 'has not the right type'] =
    coercion.exec(message) ?? []
  // A scalar's message begins with its name, which a client of REST does not know.
  return renamed({ field: place, message: reason.replace(/^[A-Z]\w+ (?=must )/, '') })
}
