import { defineRefusal, type Ledger, nonceSchema, rowIdOf } from '@shared-ledger/ledger'
import { z } from 'zod'
import type { PrismaClient, Project } from './generated/prisma/client.ts'
import type { operations } from './operations.ts'
import { getProject, projectIdSchema } from './projects.ts'

export type FreelanceLedger = Ledger<typeof operations>

export const ProjectPaidError = defineRefusal('PROJECT_PAID', {
  status: 409,
  meaning: 'Another request paid the project. Nothing was posted.',
  message: ({ id }: Project) => `Project ${id} was paid before.`,
})

export const payProjectInput = z
  .object({ projectId: projectIdSchema, nonce: nonceSchema })
  .describe('A project to pay.')

/**
 * Pays a project, once. Its price goes from the client to the freelancer in one balanced transaction, whose id the
 * project stores. The same nonce returns the same payment again.
 *
 * @throws ProjectNotFoundError, ProjectPaidError, PostingError
 */
export function payProject(
  { ledger, prisma }: { ledger: FreelanceLedger; prisma: PrismaClient },
  { projectId, nonce }: z.output<typeof payProjectInput>,
) {
  const id = rowIdOf(projectId)
  return ledger.once(prisma, {
    async post(tx) {
      // No other payment of the project begins until this transaction has ended.
      await tx.$queryRaw`SELECT id FROM freelance.projects WHERE id = ${id} FOR UPDATE`
      const project = await getProject(tx, projectId)
      if (project.transactionId !== null) {
        const payment = await ledger.transaction(project.transactionId, { tx })
        // The posting recognises a request with the nonce of the payment. Any other request comes too late.
        if (payment?.nonce !== nonce) throw new ProjectPaidError(project)
      }
      const amount = Number(project.price)
      const entries = [
        { ownerId: project.clientId, operation: 'PROJECT_SPENDING', amount },
        { ownerId: project.freelancerId, operation: 'PROJECT_PAYMENT', amount },
      ] as const
      const metadata = { project_id: projectId }
      return ledger.postTransaction({ nonce, balanced: true, metadata, entries }, { tx })
    },
    write: (tx, { transaction: { id: transactionId, createdOn: paidOn } }) =>
      tx.project.update({ where: { id }, data: { transactionId, paidOn } }),
    find: ({ transaction }) => prisma.project.findUnique({ where: { id, transactionId: transaction.id } }),
  })
}

/** A project, in `row`, and the transaction that paid it. */
export type PaidProject = Awaited<ReturnType<typeof payProject>>
