import { limits, messages } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import type { Contract } from '../contract.ts'
import { fieldProblems } from '../fields.ts'
import { RestPostLedgerEntriesDocument } from '../generated/documents.ts'
import { restPostedEntry } from '../graph.ts'
import { describedAs, reference } from '../json-schema.ts'
import { type Problem, type ProblemBody, problemAnswer, validationProblem } from '../problem.ts'
import { refusalProblem } from '../refusal.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { type EntryReader, entryProblems } from './posting-fields.ts'
import { postedEntryBody, postingBody } from './postings.ts'

const itemShape = z.strictObject(postingBody.omit({ dry_run: true }).shape).meta({ id: 'LedgerEntryPosting' })

/** One posting of a batch, or the problem with it. A faulty item does not refuse the others. */
type Item = { readonly posting: z.output<typeof itemShape> } | { readonly refused: Problem }

const size = messages.listOf(limits.batchEntries)

/** Accepts any value as an item, because each is judged separately. */
const anyItem = describedAs(z.unknown(), itemShape)

const results = z.array(
  z.union([
    postedEntryBody.extend({ status: z.literal(200) }),
    z.custom<ProblemBody>().meta(reference('Problem')),
  ]),
)

/** Posts many entries, each on its own. */
export function batchRoute(contract: Contract, readEntries: EntryReader): Route {
  return defineRoute({
    method: 'post',
    path: '/ledger/batch',
    operationId: 'postEntries',
    tag: 'entries',
    summary: 'Post many entries, each on its own',
    description:
      'Returns one result per entry, in order: `status` 200 with the entry, or a problem with its own status.',
    request: {
      body: z.object({
        entries: z
          .array(anyItem.transform((value) => readItem(contract, value)))
          .min(1, size)
          .max(limits.batchEntries, size),
        dry_run: shapes.dryRun.nullish(),
      }),
    },
    document: RestPostLedgerEntriesDocument,
    async variables({ body }, run) {
      const postings = body.entries.flatMap((item) => ('posting' in item ? [item.posting] : []))
      const entries = await readEntries(postings, run)
      const inputs = postings.map(({ nonce, metadata }, index) => ({ ...entries[index], nonce, metadata }))
      return { inputs, dryRun: body.dry_run, any: inputs.length > 0 }
    },
    success: { status: 200, description: 'Each was judged.', body: z.object({ results }) },
    answer(result, { body }) {
      const judged = (result ?? [])[Symbol.iterator]()
      return {
        results: body.entries.map((item) => {
          if ('refused' in item) return problemAnswer(item.refused).body
          const { value } = judged.next()
          if (!value) throw new Error('the graph left a posting of a batch out')
          if ('refusal' in value) return problemAnswer(refusalProblem(value)).body
          return { status: 200 as const, ...restPostedEntry(value) }
        }),
      }
    },
    codes: ['TRANSACTION_CONFLICT', 'ACCOUNT_BUSY'],
  })
}

function readItem(contract: Contract, value: unknown): Item {
  const { data, error } = z.object({ entry: itemShape }).safeParse({ entry: value }, { reportInput: true })
  const problems = error ? fieldProblems(error) : entryProblems(contract, data.entry)
  if (!error && problems.length === 0) return { posting: data.entry }
  return { refused: validationProblem(problems) }
}
