import { z } from 'zod'
import type { Contract } from '../contract.ts'

/**
 * A query without the fields whose argument the app's graph has not. All of them may be left out of a request, so that
 * what reads the query sees one in which nobody gives them.
 */
export function takenBy<Query extends z.ZodObject>(
  contract: Contract,
  field: string,
  query: Query,
  optional: Readonly<Partial<Record<keyof Query['shape'], string>>>,
): Query {
  const lacking = new Set(
    Object.entries(optional).flatMap(([name, argument]) =>
      contract.takes(field, String(argument)) ? [] : [name],
    ),
  )
  const taken = Object.entries(query.shape).filter(([name]) => !lacking.has(name))
  return z.object(Object.fromEntries(taken)) as unknown as Query
}
