import type { GraphQLFormattedError } from 'graphql'
import { z } from 'zod'
import { restFieldName } from './fields.ts'
import {
  accountBalanceData,
  dateTimeData,
  entryData,
  holdData,
  restEntry,
  restHold,
  transactionData,
} from './graph.ts'
import { isObject } from './json.ts'
import { type FieldProblem, Problem, problem, validationProblem } from './problem.ts'

/** What `...RestRefusal` selects; a route whose replay answers a transaction selects that of the original too. */
export const refusalData = z.object({
  refusal: z.string(),
  code: z.string(),
  message: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  entryIndex: z.number().optional(),
  ownerId: z.string().optional(),
  balance: accountBalanceData.optional(),
  identical: z.boolean().optional(),
  original: entryData.extend({ transaction: transactionData.optional() }).nullish(),
  originalHold: holdData.nullish(),
  nextOn: dateTimeData.nullish(),
  refundable: z.number().optional(),
  endedHold: holdData.optional(),
})

/** A mutation's refusal: the member of its result union that was not success. */
export type Refusal = z.output<typeof refusalData>

/** What REST calls the graph's fields, where that is not the same name in snake_case. */
export type FieldNames = Readonly<Record<string, string>>

/** The refusal in a result's data, if a mutation of the document refused. */
export function findRefusal(data: unknown): Refusal | undefined {
  if (!isObject(data)) return undefined
  const refused = Object.values(data).find((value) => isObject(value) && 'refusal' in value)
  return refused === undefined ? undefined : refusalData.parse(refused)
}

/** A mutation's refusal as REST answers it. */
export function refusalProblem(refusal: Refusal, names: FieldNames = {}): Problem {
  const { code, message, errors, entryIndex, balance, original, nextOn, refundable } = refusal
  if (errors) return validationProblem(errors.map((error) => renamed(error, names)))
  const ownerId = refusal.ownerId ?? balance?.ownerId
  const hold = refusal.originalHold ?? refusal.endedHold
  return new Problem(
    code,
    message,
    {
      ...(entryIndex !== undefined && { entry_index: entryIndex, ...(ownerId && { owner_id: ownerId }) }),
      ...(balance && { balance: balance.amount }),
      ...(original && { entry: restEntry(original) }),
      ...(hold && { hold: restHold(hold) }),
      ...(nextOn !== undefined && { next_on: nextOn }),
      ...(refundable !== undefined && { refundable }),
    },
    nextOn ? { 'retry-after': secondsUntil(nextOn) } : {},
  )
}

function secondsUntil(moment: string): string {
  return String(Math.max(1, Math.ceil((Date.parse(moment) - Date.now()) / 1000)))
}

const fieldErrors = z.array(z.object({ field: z.string(), message: z.string() }))

type GraphError = Pick<GraphQLFormattedError, 'message' | 'extensions'>

/** A result's `errors[]` as REST answers them: the first, by its `extensions.code`, or all variables of another type. */
export function graphProblem(all: readonly GraphError[]): Problem {
  const coercions = all.filter(({ extensions }) => extensions?.code === 'BAD_USER_INPUT')
  if (coercions.length > 0) return validationProblem(coercions.map(({ message }) => coercionProblem(message)))
  const [{ message, extensions } = { message: '' }] = all
  const code = extensions?.code
  const errors = fieldErrors.safeParse(extensions?.errors)
  if (errors.success) return validationProblem(errors.data.map((error) => renamed(error)))
  return typeof code === 'string' ? new Problem(code, message) : problem('INTERNAL_ERROR')
}

function renamed({ field, message }: FieldProblem, names: FieldNames = {}): FieldProblem {
  const name = field.replace(/^input\./, '')
  return { field: Object.hasOwn(names, name) ? (names[name] ?? name) : restFieldName(name), message }
}

/** The value that it quotes is the client's: what looks like the rest of the message inside of its strings is none. */
const coercion =
  /^Variable "\$(\w+)"(?: got invalid value (?:"[^"\\]*(?:\\.[^"\\]*)*"|[^";])*?(?: at "([^"]+)")?; (.+))?/s

/** graphql-js says in the message alone which variable, and where in it, has not its type. */
function coercionProblem(message: string): FieldProblem {
  const [, variable = 'input', place = variable, reason = 'has not the right type'] =
    coercion.exec(message) ?? []
  // A scalar's own words begin with its name, which says nothing to a client of REST.
  return renamed({ field: place, message: reason.replace(/^[A-Z]\w+ (?=must )/, '') })
}
