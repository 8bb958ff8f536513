import type { DocumentNode } from 'graphql'
import { z } from 'zod'
import { operationName, parseDocument } from './document.ts'
import type { RunDocument, Variables } from './execute.ts'
import { type Refusal, restEntry } from './graph.ts'
import type { RestAnswer } from './problem.ts'
import type { ProblemTable } from './problems.ts'
import { findRefusal, refusalProblem } from './refusal.ts'
import { parseRequest, type RequestShapes } from './request.ts'

/** The posting that a replay under Idempotency-Key repeats: its entry and the current balance. */
export interface Replay {
  readonly entry: ReturnType<typeof restEntry>
  readonly balance: number
}

/** A route as its author writes it. Types follow from the shapes: nothing is written twice. */
export interface RouteDefinition<
  Request extends RequestShapes,
  Data extends z.ZodType,
  Success extends z.ZodType,
> {
  readonly method: 'get' | 'post'
  /** Such as `/content/{content_id}/access`. */
  readonly path: `/${string}`
  readonly summary: string
  readonly description?: string
  /** JSON types of what is sent; the graph judges values. Other fields are refused. */
  readonly request: Request
  /** A GraphQL document with one named operation; it may use `...RestEntry` and `...RestRefusal`. */
  readonly document: string
  /** `run` asks the graph something first. */
  readonly variables: (
    input: z.output<z.ZodObject<Request>>,
    run: RunDocument,
  ) => Variables | Promise<Variables>
  /** What the document selects when nothing was refused. */
  readonly data: Data
  readonly success: { readonly status: 200 | 201; readonly description?: string; readonly body: Success }
  readonly answer: (data: z.output<Data>) => z.input<Success>
  /** Whether success was a replay: answered with the header Idempotency-Replayed. */
  readonly replayed?: (data: z.output<Data>) => boolean
  /** The answer to an identical DuplicateNonceError under Idempotency-Key; without it that is a 409. */
  readonly replay?: (replay: Replay) => z.input<Success>
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
  readonly method: 'get' | 'post'
  readonly path: `/${string}`
  readonly summary: string
  readonly description: string | undefined
  readonly request: RequestShapes
  readonly document: DocumentNode
  readonly operation: string | undefined
  readonly success: { readonly status: 200 | 201; readonly description?: string; readonly body: z.ZodType }
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
  const { method, path, summary, description, request, success, problems = {} } = definition
  const document = parseDocument(definition.document)
  const operation = operationName(document)
  const shape = z.object(request)

  const succeed = (body: z.input<Success>, replayed: boolean): RestAnswer => ({
    status: success.status,
    headers: { 'content-type': 'application/json', ...(replayed && { 'idempotency-replayed': 'true' }) },
    body,
    outcome: replayed ? 'replayed' : 'ok',
  })

  const refuse = (refusal: Refusal, underIdempotencyKey: boolean): RestAnswer => {
    const { identical, entry, balance } = refusal
    if (definition.replay && underIdempotencyKey && identical && entry && balance) {
      return succeed(definition.replay({ entry: restEntry(entry), balance: balance.amount }), true)
    }
    throw refusalProblem(refusal)
  }

  return {
    method,
    path,
    summary,
    description,
    request,
    document,
    operation,
    success,
    problems,
    takesNonce: request.body !== undefined && 'nonce' in request.body.shape,
    async answer(raw, run) {
      const input = parseRequest(shape, request, raw)
      const result = await run(document, await definition.variables(input, run))
      const refusal = findRefusal(result)
      if (refusal) return refuse(refusal, raw.underIdempotencyKey)
      const data = definition.data.parse(result)
      return succeed(definition.answer(data), definition.replayed?.(data) ?? false)
    },
  }
}
