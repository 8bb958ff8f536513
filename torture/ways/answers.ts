import { z } from 'zod'
import { type Outcome, type ToldEntry, unknown, wrong } from '../outcome.ts'

const credits = z.int()

/** An entry in GraphQL's answers. */
const graphEntry = z
  .object({
    id: z.string(),
    ownerId: z.string(),
    operationName: z.string(),
    amount: credits,
    balanceAfter: credits,
    nonce: z.string(),
    transactionId: z.string(),
    createdOn: z.string(),
  })
  .transform(
    ({ ownerId, operationName, ...entry }): ToldEntry => ({
      ...entry,
      owner: ownerId,
      operation: operationName,
    }),
  )

const graphHold = z.object({ id: z.string(), status: z.string() })

const graphOutcome = z.object({
  __typename: z.string(),
  code: z.string().optional(),
  identical: z.boolean().optional(),
  replayed: z.boolean().optional(),
  entry: graphEntry.optional(),
  transaction: z.object({ entries: z.array(graphEntry) }).optional(),
  hold: graphHold.optional(),
  id: z.string().optional(),
})

/** Returns the outcome in a member of a result union. */
export function graphOutcomeOf(answer: unknown): Outcome {
  const read = graphOutcome.safeParse(answer)
  if (!read.success) return unreadable(answer, read.error)
  const { __typename, code, identical, entry, transaction, hold, id, replayed } = read.data
  const entries = transaction?.entries ?? (entry ? [entry] : [])
  if (code === undefined) {
    const projectId = __typename === 'Project' && id !== undefined ? { projectId: id } : {}
    return { is: 'done', entries, ...(hold && { hold }), ...projectId, isReplay: replayed ?? false }
  }
  if (identical === undefined) return refusalOf(code, answer)
  if (!identical) return wrong(`our own nonce was used for something else: ${JSON.stringify(answer)}`)
  return { is: 'done', entries, ...(hold && { hold }), isReplay: true }
}

/** An entry in REST's answers. */
const restEntry = z
  .object({
    id: z.int(),
    owner_id: z.string(),
    operation: z.string(),
    amount: credits,
    balance_after: credits,
    nonce: z.string(),
    transaction_id: z.string(),
    created_on: z.string(),
  })
  .transform(
    ({ id, owner_id, balance_after, transaction_id, created_on, ...entry }): ToldEntry => ({
      ...entry,
      id: String(id),
      owner: owner_id,
      balanceAfter: balance_after,
      transactionId: transaction_id,
      createdOn: created_on,
    }),
  )

const restBody = z.object({
  code: z.string().optional(),
  entry: restEntry.optional(),
  transaction: z.object({ entries: z.array(restEntry) }).optional(),
  hold: z
    .object({ id: z.int(), status: z.string() })
    .transform(({ id, status }) => ({ id: String(id), status }))
    .optional(),
  project: z.object({ id: z.int() }).optional(),
})

/** Returns the outcome of one posting in REST, in its own answer or in a batch's. */
export function restOutcomeOf(status: number, answer: unknown, isReplay = false): Outcome {
  if (mayPass(status)) return unknown(codeOf(answer) ?? `HTTP ${status}`)
  const read = restBody.safeParse(answer)
  if (!read.success || status >= 500) return wrong(`${status} ${JSON.stringify(answer)}`)
  const { code, entry, transaction, hold, project } = read.data
  const entries = transaction?.entries ?? (entry ? [entry] : [])
  const done = {
    is: 'done',
    entries,
    ...(hold && { hold }),
    ...(project && { projectId: String(project.id) }),
  } as const
  if (status < 300) return { ...done, isReplay }
  if (code === 'DUPLICATE_NONCE') return { ...done, isReplay: true }
  if (code === undefined) return wrong(`${status} ${JSON.stringify(answer)}`)
  return refusalOf(code, answer)
}

/** Whether a status says to try again. The request may have been carried out. */
export function mayPass(status: number): boolean {
  return status === 502 || status === 503 || status === 504
}

/** The codes that may refuse a well-made request. Any other refusal is not the client's fault. */
const refusals: ReadonlySet<string> = new Set(['INSUFFICIENT_BALANCE'])

/** A request that came so late that its credits would have expired. */
const lateAnswer = z.object({
  code: z.literal('VALIDATION_ERROR'),
  errors: z.tuple([
    z.object({ field: z.enum(['expiresOn', 'expires_on']), message: z.literal('has passed') }),
  ]),
})

function refusalOf(code: string, answer: unknown): Outcome {
  const isRefused = refusals.has(code) || lateAnswer.safeParse(answer).success
  return isRefused ? { is: 'refused', code } : wrong(`refused: ${JSON.stringify(answer)}`)
}

function unreadable(answer: unknown, error: Error): Outcome {
  return wrong(`an answer that is none: ${JSON.stringify(answer)} (${error.message})`)
}

export function codeOf(answer: unknown): string | undefined {
  return z.object({ code: z.string() }).safeParse(answer).data?.code
}
