import { z } from 'zod'
import { ValidationError } from '../errors.ts'
import { parseInput } from '../input.ts'
import { limits } from '../limits.ts'

/** Selects a page: the first nodes after a cursor, or the last nodes before one. */
export interface PageInput {
  /** 1 to 100; 20 when neither first nor last is given. */
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** One page, in the shape of a Relay connection. */
export interface Page<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** A part of a list between two positions. `backward` reads it from its end. */
interface PageRange<Position> {
  readonly size: number
  readonly backward: boolean
  readonly after: Position | undefined
  readonly before: Position | undefined
}

/** Converts the positions of a list's nodes to cursors and back. */
export interface Cursors<Position> {
  write(position: Position): string
  /** Returns undefined for a cursor of another list. */
  read(cursor: string): Position | undefined
}

/** Makes cursors that encode the position as text. `kind` distinguishes the cursors of different lists. */
export function textCursors<Position>(
  kind: string,
  parse: (text: string) => Position | undefined,
): Cursors<Position> {
  const prefix = `${kind}:`
  return {
    write: (position) => Buffer.from(`${prefix}${position}`).toString('base64url'),
    read(cursor) {
      const text = Buffer.from(cursor, 'base64url').toString()
      return text.startsWith(prefix) ? parse(text.slice(prefix.length)) : undefined
    },
  }
}

const sizeMessage = `must be a whole number from 1 to ${limits.pageSize}`

/** The schema of a page's size. The default is `limits.defaultPageSize`. */
export const pageSizeSchema = z
  .int(sizeMessage)
  .min(1, sizeMessage)
  .max(limits.pageSize, sizeMessage)
  .nullish()

const cursor = z.string('must be a cursor of this list').max(2000, 'must be a cursor of this list').nullish()
const pageSchema = z.object({ first: pageSizeSchema, after: cursor, last: pageSizeSchema, before: cursor })

/** Returns the range that a page selects. @throws ValidationError */
export function pageRange<Position>(input: PageInput, cursors: Cursors<Position>): PageRange<Position> {
  const { first, after, last, before } = parseInput(pageSchema, input)
  if (first != null && last != null) {
    throw new ValidationError([{ field: 'last', message: 'must not be given together with first' }])
  }
  const position = (field: 'after' | 'before', given: string | null | undefined) => {
    if (given == null) return undefined
    const read = cursors.read(given)
    if (read === undefined) throw new ValidationError([{ field, message: 'must be a cursor of this list' }])
    return read
  }
  return {
    size: first ?? last ?? limits.defaultPageSize,
    backward: last != null,
    after: position('after', after),
    before: position('before', before),
  }
}

/**
 * Makes a page from the nodes that were read along the range. There is one node more than the page's size when the list
 * goes on.
 *
 * @param stoppedAt Where the search stopped early. The page may then be short without being the last one.
 */
export function toPage<Node, Position>(
  range: PageRange<Position>,
  nodes: readonly Node[],
  cursors: Cursors<Position>,
  { positionOf, stoppedAt }: { positionOf: (node: Node) => Position; stoppedAt?: Position | undefined },
): Page<Node> {
  const kept = nodes.slice(0, range.size)
  const isFull = nodes.length > range.size
  const more = isFull || stoppedAt !== undefined
  const edges = (range.backward ? kept.reverse() : kept).map((node) => ({
    cursor: cursors.write(positionOf(node)),
    node,
  }))
  const stop = !isFull && stoppedAt !== undefined ? cursors.write(stoppedAt) : undefined
  const start = edges[0]?.cursor ?? null
  const end = edges.at(-1)?.cursor ?? null
  return {
    edges,
    pageInfo: {
      hasNextPage: range.backward ? range.before !== undefined : more,
      hasPreviousPage: range.backward ? more : range.after !== undefined,
      startCursor: range.backward ? (stop ?? start) : start,
      endCursor: range.backward ? end : (stop ?? end),
    },
  }
}
