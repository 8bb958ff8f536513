import { amountSchema, nonceSchema } from '@shared-ledger/ledger'
import { z } from 'zod'
import type { PrismaClient } from './generated/prisma/client.ts'
import type { FreelanceLedger } from './payments.ts'
import { getProject, projectIdSchema } from './projects.ts'

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
) {
  const project = await getProject(prisma, projectId)
  const { clientId: ownerId } = project
  const metadata = { project_id: projectId }
  const posted = await ledger.once({
    post: () => ledger.postEntry({ ownerId, operation: 'PROJECT_GOODWILL', amount, nonce, metadata }),
  })
  return { ...posted, project }
}

/** A project, and the entry that gave its client credits for it. */
export type Goodwill = Awaited<ReturnType<typeof grantGoodwill>>
