import type { DocumentNode } from 'graphql'
import { z } from 'zod'
import { operationName, parseDocument } from './document.ts'
import type { RunDocument, Variables } from './execute.ts'
import { restCredits, restEntry, restHold, restTransaction } from './graph.ts'
import type { RestAnswer } from './problem.ts'
import type { ProblemCode, ProblemTable } from './problems.ts'
import { type FieldNames, findRefusal, type Refusal, refusalProblem } from './refusal.ts'
import { parseRequest, type RequestShapes } from './request.ts'
import type { RestCredits, RestEntry, RestHold, RestTransaction } from './shapes.ts'
import type { LedgerTag } from './tags.ts'

/** What a replay under Idempotency-Key repeats, an entry or a hold, and the current balance of its owner. */
export interface Replay {
  readonly entry: RestEntry | undefined
  /** The entry's, where the document selects it of the original. */
  readonly transaction: RestTransaction | undefined
  readonly hold: RestHold | undefined
  readonly balance: number
  /** The same balance, with what can be spent of it. */
  readonly credits: RestCredits
}

type Method = 'get' | 'post' | 'put'
type Path = `/${string}`

/** A request's parts, checked against its shapes. */
export type Input<Request extends RequestShapes> = z.output<z.ZodObject<Request>>

/** A route as its author writes it. Types follow from the shapes: nothing is written twice. */
export interface RouteDefinition<
  Request extends RequestShapes,
  Data extends z.ZodType,
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
  /** A GraphQL document with one named operation; it may use the fragments of fragments.ts. */
  readonly document: string
  /** `run` asks the graph something first. */
  readonly variables: (input: Input<Request>, run: RunDocument) => Variables | Promise<Variables>
  /** What the document selects when nothing was refused. */
  readonly data: Data
  readonly success: { readonly status: 200 | 201; readonly description?: string; readonly body: Success }
  /** @throws Problem where the data says that there is nothing to answer. */
  readonly answer: (data: z.output<Data>, input: Input<Request>) => z.input<Success>
  /** Whether success was a replay: answered with the header Idempotency-Replayed. */
  readonly replayed?: (data: z.output<Data>) => boolean
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
  /** Which of the common codes it may refuse with, beyond those of any route and any posting. */
  readonly codes?: readonly ProblemCode[]
  /** The app's own codes with which the mutation may refuse. */
  readonly problems?: ProblemTable
}

/** What a request brought, before its shapes are checked. */
export interface RawInput {
  readonly params: Readonly<Record<string, string>>
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly body: unknown
  /** Whether the nonce came, or came too, as Idempotency-Key. */
  readonly underIdempotencyKey: boolean
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
  /** With the fragments that it uses. */
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

/** Defines one route of an app. @throws GraphQLError on a document that does not parse. */
export function defineRoute<
  const Request extends RequestShapes,
  Data extends z.ZodType,
  Success extends z.ZodType,
>(definition: RouteDefinition<Request, Data, Success>): Route {
  const { method, path, operationId, tag, summary, description, request, success } = definition
  const { aliases = [], bodyOptional = false, codes = [], problems = {} } = definition
  const document = parseDocument(definition.document)
  const shape = z.object(request)

  const succeed = (body: z.input<Success>, replayed: boolean): RestAnswer => ({
    status: success.status,
    headers: { 'content-type': 'application/json', ...(replayed && { 'idempotency-replayed': 'true' }) },
    body,
    outcome: replayed ? 'replayed' : 'ok',
  })

  const replayOf = async (refusal: Refusal, run: RunDocument) => {
    const original = refusal.identical ? originalOf(refusal) : undefined
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
      const result = await run(document, await definition.variables(input, run))
      const refusal = findRefusal(result)
      if (refusal) {
        const replay = raw.underIdempotencyKey ? await replayOf(refusal, run) : undefined
        if (replay !== undefined) return succeed(replay, true)
        throw refusalProblem(refusal, definition.fieldNames)
      }
      const data = definition.data.parse(result)
      return succeed(definition.answer(data, input), definition.replayed?.(data) ?? false)
    },
  }
}

function originalOf({ original, originalHold, balance }: Refusal): Replay | undefined {
  if (!balance) return undefined
  return {
    entry: original ? restEntry(original) : undefined,
    transaction: original?.transaction && restTransaction(original.transaction),
    hold: originalHold ? restHold(originalHold) : undefined,
    balance: balance.amount,
    credits: restCredits(balance),
  }
}
