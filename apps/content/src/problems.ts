import type { ProblemTable } from '@shared-ledger/rest'

/** What the app refuses with beside the ledger's errors. */
export const problems = {
  CONTENT_NOT_FOUND: {
    status: 404,
    title: 'Content not found',
    meaning: 'No content has this id. Nothing was posted.',
  },
} as const satisfies ProblemTable
