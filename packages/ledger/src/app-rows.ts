import { z } from 'zod'
import { ownerIdSchema, parseInput } from './input.ts'
import { limits } from './limits.ts'
import { pageSizeSchema } from './reading/page.ts'

/** The highest id of an app's own rows. Prisma's `Int @default(autoincrement())` is PostgreSQL's integer. */
const maxRowId = 2 ** 31 - 1

/**
 * Converts the id of an app's own row from the graph's text. Returns 0, which no row has, for an invalid id.
 *
 * @example
 * ```ts
 * prisma.round.findUnique({ where: { id: rowIdOf(id) } })
 * ```
 */
export function rowIdOf(id: string): number {
  const number = /^[1-9]\d{0,9}$/.test(id) ? Number(id) : 0
  return number <= maxRowId ? number : 0
}

const ownerRowsSchema = z.object({
  ownerId: ownerIdSchema,
  first: pageSizeSchema,
  after: z
    .string()
    .transform(rowIdOf)
    .refine((id) => id > 0, 'must be an id of this list')
    .nullish(),
})

/** Selects the rows of an owner: the first ones after a row's id. */
export type OwnerRowsInput = z.input<typeof ownerRowsSchema>

/**
 * Returns the query for a page of an owner's rows, newest first, for `findMany` of the app's own Prisma client. The
 * model must have `id` and `ownerId`.
 *
 * @example
 * ```ts
 * prisma.round.findMany(rowsOfOwner({ ownerId, first: 10, after: lastId }))
 * ```
 * @throws ValidationError
 */
export function rowsOfOwner(input: OwnerRowsInput) {
  const { ownerId, first, after } = parseInput(ownerRowsSchema, input)
  return {
    where: { ownerId, ...(after && { id: { lt: after } }) },
    orderBy: { id: 'desc' },
    take: first ?? limits.defaultPageSize,
  } as const
}
