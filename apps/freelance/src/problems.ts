import type { ProblemTable } from '@shared-ledger/rest'

/** What the app refuses with beside the ledger's errors. */
export const problems = {
  PROJECT_NOT_FOUND: {
    status: 404,
    title: 'Project not found',
    meaning: 'No project has this id. Nothing was posted.',
  },
  PROJECT_PAID: {
    status: 409,
    title: 'Project paid',
    meaning: 'Another request paid the project. Nothing was posted.',
  },
} as const satisfies ProblemTable
