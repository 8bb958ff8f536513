import { amountSchema, nonceSchema, type PostedEntry, type Replay } from '@shared-ledger/ledger'
import { z } from 'zod'
import type { PrismaClient, Project } from './generated/prisma/client.ts'
import type { operations } from './operations.ts'
import type { FreelanceLedger } from './payments.ts'
import { findProject, ProjectNotFoundError, projectIdSchema } from './projects.ts'

/** A project, and the entry that gave its client credits for it. */
export interface Goodwill extends PostedEntry<keyof typeof operations>, Replay {
  readonly project: Project
}

export const grantGoodwillInput = z
  .object({
    projectId: projectIdSchema,
    amount: amountSchema.meta({ description: 'Credits, 1 to 100.', examples: [5] }),
    nonce: nonceSchema,
  })
  .describe('Credits to give to the client of a project.')

/** Gives the client of a project credits with PROJECT_GOODWILL. @throws ProjectNotFoundError, PostingError */
export async function grantGoodwill(
  { ledger, prisma }: { ledger: FreelanceLedger; prisma: PrismaClient },
  { projectId, amount, nonce }: z.output<typeof grantGoodwillInput>,
): Promise<Goodwill> {
  const project = await findProject(prisma, projectId)
  if (!project) throw new ProjectNotFoundError(projectId)
  const { clientId: ownerId } = project
  const metadata = { project_id: projectId }
  const posted = await ledger.once({
    post: () => ledger.postEntry({ ownerId, operation: 'PROJECT_GOODWILL', amount, nonce, metadata }),
  })
  return { ...posted, project }
}
