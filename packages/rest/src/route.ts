import type { DocumentNode } from 'graphql'
import { z } from 'zod'
import { operationName } from './document.ts'
import type { Document, RunDocument, Variables } from './execute.ts'
import { restCredits, restEntry, restHold, restTransaction } from './graph.ts'
import type { RestAnswer } from './problem.ts'
import type { ProblemCode } from './problems.ts'
import { type Accepted, type FieldNames, isRefusal, type Refusal, refusalProblem } from './refusal.ts'
import { parseRequest, type RawInput, type RequestShapes } from './request.ts'
import type { RestCredits, RestEntry, RestHold, RestTransaction } from './shapes.ts'
import type { LedgerTag } from './tags.ts'

/** The original that a replay under Idempotency-Key answers with, an entry or a hold, and the owner's current balance. */
export interface Replay {
  readonly entry?: RestEntry
  /** The original's transaction, if the document selects it. */
  readonly transaction?: RestTransaction
  readonly hold?: RestHold
  readonly balance: number
  /** The same balance, with what the owner can spend. */
  readonly credits: RestCredits
}

type Method = 'get' | 'post' | 'put'
type Path = `/${string}`

/** A request's parts, after the check against its shapes. */
export type Input<Request extends RequestShapes> = z.output<z.ZodObject<Request>>

/** A route's document has one field, under the alias `result`. */
interface AnyData {
  readonly result?: unknown
}

/** A route as its author writes it. The types follow from the shapes. */
export interface RouteDefinition<
  Request extends RequestShapes,
  Data extends AnyData,
  Success extends z.ZodType,
> {
  readonly method: Method
  /** The path, such as `/content/{content_id}/access`. */
  readonly path: Path
  /** Other paths with the same answers. openapi.json has only the first path. */
  readonly aliases?: readonly Path[]
  /** The name of the method in an SDK, such as `accessContent`. It is unique within an app. */
  readonly operationId: string
  /** The group in openapi.json, for the ledger's own routes. An app's routes leave it out. */
  readonly tag?: LedgerTag
  readonly summary: string
  readonly description?: string
  /** The JSON types of the request. The graph checks the values. Unknown fields are refused. */
  readonly request: Request
  /** Whether a missing body counts as `{}`. */
  readonly bodyOptional?: boolean
  /** The GraphQL document. A mutation's document selects `...RestRefusal`. */
  readonly document: Document<Data>
  /** Returns the document's variables. `run` may ask the graph something first. */
  readonly variables: (input: Input<Request>, run: RunDocument) => Variables | Promise<Variables>
  readonly success: { readonly status: 200 | 201; readonly description?: string; readonly body: Success }
  /** Returns the answer's body. @throws Problem when there is nothing to answer with */
  readonly answer: (result: Accepted<Data['result']>, input: Input<Request>) => z.input<Success>
  /** Whether a success was a replay. The answer then has the header Idempotency-Replayed. */
  readonly replayed?: (result: Accepted<Data['result']>) => boolean
  /**
   * Returns the answer to an identical replay under Idempotency-Key. When left out, or when it returns undefined, the
   * answer is the 409 DuplicateNonceError. `run` may ask the graph for what the refusal lacks.
   */
  readonly replay?: (
    original: Replay,
    run: RunDocument,
  ) => z.input<Success> | undefined | Promise<z.input<Success> | undefined>
  /** REST's names for the fields that a refusal names, where they are not the same name in snake_case. */
  readonly fieldNames?: FieldNames
  /** The common codes of its refusals, in addition to those of every route and those that follow from its error types. */
  readonly codes?: readonly ProblemCode[]
}

/** A route in the table. */
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
  /** Whether the route posts. Its body has a nonce, which the header Idempotency-Key may replace. */
  readonly takesNonce: boolean
  /** Answers a request. @throws Problem when it is refused */
  answer(input: RawInput, run: RunDocument): Promise<RestAnswer>
}

/**
 * Defines one REST route of an app, which runs a GraphQL document.
 *
 * @example
 * ```ts
 * const contentRoute = defineRoute({
 *   method: 'get',
 *   path: '/content/{content_id}',
 *   operationId: 'getContent',
 *   summary: 'Read a content',
 *   request: { params: z.object({ content_id: z.string() }) },
 *   document: RestContentDocument,
 *   variables: ({ params }) => ({ id: params.content_id }),
 *   success: { status: 200, description: 'The content.', body: content },
 *   answer: (result) => toContent(result),
 * })
 * ```
 */
export function defineRoute<
  const Request extends RequestShapes,
  Data extends AnyData,
  Success extends z.ZodType,
>(definition: RouteDefinition<Request, Data, Success>): Route {
  const { method, path, operationId, tag, summary, description, request, success } = definition
  const { document, aliases = [], bodyOptional = false, codes = [] } = definition
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
    takesNonce: request.body !== undefined && 'nonce' in request.body.shape,
    async answer(raw, run) {
      const input = parseRequest(shape, request, raw)
      const { result } = await run(document, await definition.variables(input, run))
      if (isRefusal(result)) {
        const replay = raw.underIdempotencyKey ? await replayOf(result, run) : undefined
        if (replay !== undefined) return succeed(replay, true)
        throw refusalProblem(result, definition.fieldNames)
      }
      // After the check, the result is a success. TypeScript cannot infer this for a generic type.
      const accepted = result as Accepted<Data['result']>
      return succeed(definition.answer(accepted, input), definition.replayed?.(accepted) ?? false)
    },
  }
}

/** Returns the original that an identical request was refused for. */
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
