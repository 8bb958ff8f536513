import { z } from 'zod'
import * as shapes from '../shapes.ts'

/** The query parameter `operation`, which may be repeated. */
export const operationQuery = z
  .union([shapes.operation, z.array(shapes.operation)])
  .optional()
  .meta({ description: 'Only entries of this operation; may be given more than once.' })

/** Returns the operations as a list, or undefined when none was given. */
export function oneOrMore(operation: z.output<typeof operationQuery>): readonly string[] | undefined {
  return typeof operation === 'string' ? [operation] : operation
}
