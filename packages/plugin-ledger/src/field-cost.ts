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
  /**
   * The cost of resolving it, without its values. The default is 0 for a scalar, 50 for objects, 5,000 for a mutation.
   */
  readonly weight?: number | ((args: Args) => number)
  /** What each argument adds to the weight when given. */
  readonly argumentWeights?: { readonly [Name in keyof Args]?: number }
  /**
   * The most items of its list, or of its connection's page. The default is the argument `first`, `last` or `limit`, or
   * the length of a required list argument; else 20 for a connection and 100 for another list.
   */
  readonly size?: number | ((args: Args) => number)
}

/** Look-ups by key share one query per request. */
export const lookupWeight = 20

/** A page is a query of its own. */
export const pageWeight = 500

/** A page by metadata looks at up to 10,000 entries, and so does a page of the whole app with any filter. */
export const searchWeight = 5_000

/** A summary reads all entries of its time. An owner or an app may have very many. */
export const summaryWeight = 10_000
