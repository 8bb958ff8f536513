import { z } from 'zod'
import { ValidationError } from '../errors.ts'
import { flagSchema, parseInput } from '../input.ts'
import { limits } from '../limits.ts'
import { messages } from '../messages.ts'
import type { Draft, ReadRequest } from './draft.ts'
import type { PostEntryInput } from './post-entry.ts'

const size = messages.listOf(limits.batchEntries)
const batchSchema = z.object({
  inputs: z.array(z.custom<PostEntryInput>(), size).min(1, size).max(limits.batchEntries, size),
  dryRun: flagSchema,
})

/** One input of a batch: its draft, or why there is none. */
type BatchItem = { readonly draft: Draft } | { readonly refusal: ValidationError }

/**
 * Reads a batch: each input on its own, and one dryRun for all.
 *
 * @throws ValidationError when there are none or too many
 */
export function readBatch(
  batch: { readonly inputs: readonly PostEntryInput[]; readonly dryRun?: boolean | null | undefined },
  read: ReadRequest<PostEntryInput>,
): { readonly items: readonly BatchItem[]; readonly dryRun: boolean } {
  const { inputs, dryRun } = parseInput(batchSchema, batch)
  const items = inputs.map((input) => {
    const request = read(input)
    if (request instanceof ValidationError) return { refusal: request }
    return request.dryRun ? { refusal: ownDryRun() } : { draft: request.draft }
  })
  return { items, dryRun }
}

// Posting an input with its own dryRun would be the opposite of what it asks for.
const ownDryRun = () =>
  new ValidationError([{ field: 'dryRun', message: 'is given once, for the whole batch' }])

/** Returns the outcomes of all items in order. `settled` has the outcomes of the drafts. */
export function inOrder<Settled>(
  items: readonly BatchItem[],
  settled: readonly Settled[],
): readonly (Settled | ValidationError)[] {
  const rest = settled[Symbol.iterator]()
  return items.map((item) => {
    if ('refusal' in item) return item.refusal
    const next = rest.next()
    if (next.done) throw new Error('a draft was not settled')
    return next.value
  })
}
