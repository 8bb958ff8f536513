import { z } from 'zod'

/** Converts a name of REST to the graph's: `created_on` becomes createdOn. */
type GraphName<Name> = Name extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<GraphName<Rest>>}`
  : Name

/** The graph's object for an object of REST with these fields. Its ids are text. */
export type GraphRow<Shape extends z.ZodRawShape> = {
  readonly [Name in keyof Shape as GraphName<Name>]: z.input<Shape[Name]> extends number
    ? string | number
    : z.input<Shape[Name]>
}

/**
 * Returns a function that converts an app's own object from the graph to REST: fields in snake_case, ids as whole
 * numbers.
 *
 * @example
 * ```ts
 * const round = z.object({ id: z.int(), owner_id: shapes.ownerId, created_on: shapes.createdOn }).meta({ id: 'Round' })
 * const restRound = rowReader(round)
 * restRound({ id: '7', ownerId: 'eve', createdOn }) // { id: 7, owner_id: 'eve', created_on: createdOn }
 * ```
 */
export function rowReader<Shape extends z.ZodRawShape>(
  object: z.ZodObject<Shape>,
): (row: GraphRow<Shape>) => z.input<z.ZodObject<Shape>> {
  const fields = Object.entries(object.shape).map(([name, shape]) => ({
    name,
    graphName: graphName(name),
    isNumber: shape instanceof z.ZodNumber,
  }))
  return (row) => {
    const values: Readonly<Record<string, unknown>> = row
    const entries = fields.map(({ name, graphName, isNumber }) => [
      name,
      isNumber ? Number(values[graphName]) : values[graphName],
    ])
    // The object has a field for each field of the shape.
    return Object.fromEntries(entries) as z.input<z.ZodObject<Shape>>
  }
}

function graphName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, first: string) => first.toUpperCase())
}
