/**
 * What a field costs, where each value of an answer costs 1.
 *
 * @example
 * ```ts
 * t.field({
 *   type: [Round],
 *   args: { page: t.arg.int({ required: true }) },
 *   cost: { size: 50 },
 *   resolve: (_root, { page }) => findRounds(page),
 * })
 * ```
 */
export interface FieldCost<Args> {
  /** What it costs to resolve it, beyond its values. Left out: 0 of a scalar, 50 of objects, 5,000 of a mutation. */
  readonly weight?: number
  /** What an argument adds to that where it is given. */
  readonly argumentWeights?: { readonly [Name in keyof Args]?: number }
  /**
   * How many items its list, or the page of its connection, has at most. Left out: what its argument `first`, `last` or
   * `limit` says, or as many as a list has that must be given; else 20 of a connection, 100 of another list.
   */
  readonly size?: number | ((args: Args) => number)
}

/** What is looked up by its key is looked up with all others of a request. */
export const lookupWeight = 20

/** A page is a query of its own. */
export const pageWeight = 500

/** A page by metadata looks at up to 10,000 entries. */
export const metadataWeight = 5_000

/** A summary reads all entries of its time, of which an owner or an app may have very many. */
export const summaryWeight = 10_000
