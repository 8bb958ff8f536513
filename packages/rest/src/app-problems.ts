import type { GraphQLNamedType } from 'graphql'
import { z } from 'zod'
import type { ProblemTable } from './problems.ts'

const shape = z.object({
  problem: z.object({ code: z.string(), status: z.int(), title: z.string(), meaning: z.string() }),
})

/** Returns the problems of an app's own errors. `addLedger` stores them with the types of the graph. */
export function appProblems(types: readonly GraphQLNamedType[]): ProblemTable {
  return Object.fromEntries(
    types.flatMap(({ extensions }) => {
      const { data } = shape.safeParse(extensions)
      if (!data) return []
      const { code, ...type } = data.problem
      return [[code, type] as const]
    }),
  )
}
