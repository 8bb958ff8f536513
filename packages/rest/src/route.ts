import type { DocumentNode } from 'graphql'
import { z } from 'zod'
import { operationName } from './document.ts'
import type { Document, RunDocument, Variables } from './execute.ts'
import { restCredits, restEntry, restHold, restTransaction } from './graph.ts'
import type { RestAnswer } from './problem.ts'
import type { ProblemCode, ProblemTable } from './problems.ts'
import { type Accepted, type FieldNames, isRefusal, type Refusal, refusalProblem } from './refusal.ts'
import { parseRequest, type RawInput, type RequestShapes } from './request.ts'
import type { RestCredits, RestEntry, RestHold, RestTransaction } from './shapes.ts'
import type { LedgerTag } from './tags.ts'

/** What a replay under Idempotency-Key repeats, an entry or a hold, and the current balance of its owner. */
export interface Replay {
  readonly entry?: RestEntry
  /** The entry's, where the document selects it of the original. */
  readonly transaction?: RestTransaction
  readonly hold?: RestHold
  readonly balance: number
  /** The same balance, with what can be spent of it. */
  readonly credits: RestCredits
}

type Method = 'get' | 'post' | 'put'
type Path = `/${string}`

/** A request's parts, checked against its shapes. */
export type Input<Request extends RequestShapes> = z.output<z.ZodObject<Request>>

/** A route's document has one field, under this name. */
interface AnyData {
  readonly result?: unknown
}

/** A route as its author writes it. Types follow from the shapes: nothing is written twice. */
export interface RouteDefinition<
  Request extends RequestShapes,
  Data extends AnyData,
  Success extends z.ZodType,
> {
  readonly method: Method
  /** Such as `/content/{content_id}/access`. */
  readonly path: Path
  /** Other paths that answer the same; openapi.json has the first alone. */
  readonly aliases?: readonly Path[]
  /** What an SDK calls it, such as `accessContent`: no other route of an app has it. */
  readonly operationId: string
  /** The group that openapi.json has it in: the app's own unless it is one of the ledger's. */
  readonly tag?: LedgerTag
  readonly summary: string
  readonly description?: string
  /** JSON types of what is sent; the graph judges values. Other fields are refused. */
  readonly request: Request
  /** Whether a request without a body stands for one of `{}`. */
  readonly bodyOptional?: boolean
  /** A mutation's selects `...RestRefusal`. */
  readonly document: Document<Data>
  /** `run` asks the graph something first. */
  readonly variables: (input: Input<Request>, run: RunDocument) => Variables | Promise<Variables>
  readonly success: { readonly status: 200 | 201; readonly description?: string; readonly body: Success }
  /** @throws Problem where the result says that there is nothing to answer. */
  readonly answer: (result: Accepted<Data['result']>, input: Input<Request>) => z.input<Success>
  /** Whether success was a replay: answered with the header Idempotency-Replayed. */
  readonly replayed?: (result: Accepted<Data['result']>) => boolean
  /**
   * The answer to an identical DuplicateNonceError under Idempotency-Key; without it, or where it is undefined, that is a
   * 409. `run` asks the graph for what the refusal lacks.
   */
  readonly replay?: (
    original: Replay,
    run: RunDocument,
  ) => z.input<Success> | undefined | Promise<z.input<Success> | undefined>
  /** What REST calls the fields that a refusal names, where that is not the graph's name in snake_case. */
  readonly fieldNames?: FieldNames
  /** Which of the common codes it may refuse with, beyond those of any route and those that its errors are named after. */
  readonly codes?: readonly ProblemCode[]
  /** The app's own codes with which the mutation may refuse. */
  readonly problems?: ProblemTable
}

/** A route as the table has it. */
export interface Route {
  readonly method: Method
  readonly path: Path
  readonly aliases: readonly Path[]
  readonly operationId: string
  readonly tag: LedgerTag | undefined
  readonly summary: string
  readonly description: string | undefined
  readonly request: RequestShapes
  readonly bodyOptional: boolean
  readonly document: DocumentNode
  readonly operation: string | undefined
  readonly success: { readonly status: 200 | 201; readonly description?: string; readonly body: z.ZodType }
  readonly codes: readonly ProblemCode[]
  readonly problems: ProblemTable
  /** Whether the route posts: its body has a nonce, and the header Idempotency-Key may stand in for it. */
  readonly takesNonce: boolean
  /** @throws Problem */
  answer(input: RawInput, run: RunDocument): Promise<RestAnswer>
}

/** Defines one route of an app. */
export function defineRoute<
  const Request extends RequestShapes,
  Data extends AnyData,
  Success extends z.ZodType,
>(definition: RouteDefinition<Request, Data, Success>): Route {
  const { method, path, operationId, tag, summary, description, request, success } = definition
  const { document, aliases = [], bodyOptional = false, codes = [], problems = {} } = definition
  const shape = z.object(request)

  const succeed = (body: z.input<Success>, replayed: boolean): RestAnswer => ({
    status: success.status,
    headers: { 'content-type': 'application/json', ...(replayed && { 'idempotency-replayed': 'true' }) },
    body,
    outcome: replayed ? 'replayed' : 'ok',
  })

  const replayOf = async (refusal: Refusal, run: RunDocument) => {
    const original = originalOf(refusal)
    return original && (await definition.replay?.(original, run))
  }

  return {
    method,
    path,
    aliases,
    operationId,
    tag,
    summary,
    description,
    request,
    bodyOptional,
    document,
    operation: operationName(document),
    success,
    codes,
    problems,
    takesNonce: request.body !== undefined && 'nonce' in request.body.shape,
    async answer(raw, run) {
      const input = parseRequest(shape, request, raw)
      const { result } = await run(document, await definition.variables(input, run))
      if (isRefusal(result)) {
        const replay = raw.underIdempotencyKey ? await replayOf(result, run) : undefined
        if (replay !== undefined) return succeed(replay, true)
        throw refusalProblem(result, definition.fieldNames)
      }
      // What is no refusal is one of the other members, which TypeScript cannot infer of a type that it does not know yet.
      const accepted = result as Accepted<Data['result']>
      return succeed(definition.answer(accepted, input), definition.replayed?.(accepted) ?? false)
    },
  }
}

/** What an identical request was refused for: its original. */
function originalOf(refusal: Refusal): Replay | undefined {
  if (!('identical' in refusal && refusal.identical)) return undefined
  const replay = { balance: refusal.balance.amount, credits: restCredits(refusal.balance) }
  if ('originalHold' in refusal) return { ...replay, hold: restHold(refusal.originalHold) }
  const { original } = refusal
  return {
    ...replay,
    entry: restEntry(original),
    ...('transaction' in original && { transaction: restTransaction(original.transaction) }),
  }
}
