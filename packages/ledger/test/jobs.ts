import type { Job } from '../src/posting/backlog.ts'
import type { Draft, Line } from '../src/posting/draft.ts'

/** Makes a draft with a line per owner. Its id names the owners, such as `ann bob`. */
export function draftOf(id: string, line: Partial<Line> = {}): Draft {
  const lines = id
    .split(' ')
    .map((ownerId) => ({ ownerId, book: 'games', operation: 'CREDIT_ADD', amount: 1, requested: 1, ...line }))
  return { id, nonce: 'n', metadata: {}, lines, problems: [] }
}

/** Makes jobs in the order of their arrival, and records what each caller gets: an outcome, or an error's code. */
export function jobMaker() {
  const told: Record<string, string> = {}
  let arrival = 0
  const jobOf = (draft: Draft, deadline = Number.POSITIVE_INFINITY): Job<string> => ({
    draft,
    ownerIds: draft.lines.map(({ ownerId }) => ownerId),
    entries: draft.lines.length,
    arrival: arrival++,
    deadline,
    resolve: (outcome) => {
      told[draft.id] = outcome
    },
    reject: (error) => {
      told[draft.id] = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    },
  })
  return { jobOf, told }
}

export const idsOf = (jobs: readonly Job<string>[]) => jobs.map(({ draft }) => draft.id)
