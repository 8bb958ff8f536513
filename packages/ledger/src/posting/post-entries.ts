import { z } from 'zod'
import { type Refusal, ValidationError } from '../errors.ts'
import { parseInput } from '../input.ts'
import type { Draft } from './draft.ts'
import type { PostEntryInput } from './post-entry.ts'

const maxEntries = 1000
const size = `must be a list of 1 to ${maxEntries} entries`
const listSchema = z.array(z.unknown(), size).min(1, size).max(maxEntries, size)

/** What became of one input of a batch: its draft, or why there is none. */
export type BatchItem = { readonly draft: Draft } | { readonly refusal: ValidationError }

/**
 * Reads the inputs of a batch, each on its own.
 * @throws ValidationError when there are none, or too many; dryRun is one for all.
 */
export function batchItems(
  inputs: readonly PostEntryInput[],
  read: (input: PostEntryInput) => { readonly draft: Draft },
): readonly BatchItem[] {
  parseInput(listSchema, inputs, 'inputs')
  return inputs.map((input) => {
    try {
      return { draft: read(input).draft }
    } catch (error) {
      if (error instanceof ValidationError) return { refusal: error }
      throw error
    }
  })
}

/** The outcomes of all items, in order, where `settled` has those of the drafts. */
export function inOrder<Settled>(
  items: readonly BatchItem[],
  settled: readonly Settled[],
): readonly (Settled | Refusal)[] {
  const rest = settled[Symbol.iterator]()
  return items.map((item) => {
    if ('refusal' in item) return item.refusal
    const next = rest.next()
    if (next.done) throw new Error('a draft was not settled')
    return next.value
  })
}
