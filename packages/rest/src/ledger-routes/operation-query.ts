import { z } from 'zod'
import * as shapes from '../shapes.ts'

/** A query's `operation`, given once or more often. */
export const operationQuery = z
  .union([shapes.operation, z.array(shapes.operation)])
  .optional()
  .meta({ description: 'Only entries of this operation; may be given more than once.' })

/** The list that they are; undefined where none was given. */
export function oneOrMore(operation: z.output<typeof operationQuery>): readonly string[] | undefined {
  return typeof operation === 'string' ? [operation] : operation
}
