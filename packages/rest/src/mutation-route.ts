import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { z } from 'zod'
import { mutationName } from './document.ts'
import { isObject } from './json.ts'
import { requestOf } from './mutation-input.ts'
import type { Accepted } from './refusal.ts'
import { defineRoute, type Route, type RouteDefinition } from './route.ts'

interface AnyData {
  readonly result: unknown
}

/** A route of an app's own mutation, as its author writes it. */
export interface MutationRouteDefinition<
  Input extends z.ZodObject,
  Data extends AnyData,
  Success extends z.ZodType,
> extends Pick<RouteDefinition<never, Data, Success>, 'path' | 'summary' | 'description' | 'success'> {
  /** The mutation's input. Fields that the path names come from there, the others from the body, each in snake_case. */
  readonly input: Input
  /** The GraphQL document. It has one variable, `$input`, and selects the mutation as `result`, with `...RestRefusal`. */
  readonly document: TypedDocumentNode<Data, { readonly input: z.input<Input> }>
  readonly answer: (result: Accepted<Data['result']>) => z.input<Success>
}

/**
 * Defines the route of an app's own mutation. Its operationId is the mutation's name. When the result has `replayed`,
 * the answer has it too.
 *
 * @example
 * ```ts
 * defineMutationRoute({
 *   path: '/rounds/{round_id}/win',
 *   summary: 'Win a round',
 *   input: winning, // { roundId, nonce }: as builder.addMutation has it
 *   document: RestWinRoundDocument,
 *   success: { status: 200, description: 'Won.', body: z.object({ round, ...shapes.postedEntry }) },
 *   answer: ({ round, ...posted }) => ({ round: restRound(round), ...restPostedEntry(posted) }),
 * })
 * ```
 */
export function defineMutationRoute<
  Input extends z.ZodObject,
  Data extends AnyData,
  Success extends z.ZodType,
>(definition: MutationRouteDefinition<Input, Data, Success>): Route {
  const { path, input, document, answer, ...described } = definition
  const { inputOf, ...request } = requestOf(path, input)
  return defineRoute({
    ...described,
    method: 'post',
    path,
    operationId: mutationName(document),
    request,
    document,
    variables: (parts) => ({ input: inputOf(parts) }),
    answer,
    replayed: isReplay,
  })
}

function isReplay(result: unknown): boolean {
  return isObject(result) && result.replayed === true
}
