import {
  DuplicateNonceError,
  defineRefusal,
  type Ledger,
  LedgerError,
  nonceSchema,
  type PostedTransaction,
  type Replay,
  rowIdOf,
} from '@shared-ledger/ledger'
import { z } from 'zod'
import type { Prisma, PrismaClient, Project } from './generated/prisma/client.ts'
import type { operations } from './operations.ts'
import { ProjectNotFoundError, projectIdSchema } from './projects.ts'

export type FreelanceLedger = Ledger<typeof operations>

/** A project and the transaction that paid it. */
export interface PaidProject extends PostedTransaction<keyof typeof operations>, Replay {
  readonly project: Project
}

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
export async function payProject(
  { ledger, prisma }: { ledger: FreelanceLedger; prisma: PrismaClient },
  { projectId, nonce }: z.output<typeof payProjectInput>,
): Promise<PaidProject> {
  const id = rowIdOf(projectId)
  const { row: project, ...paid } = await ledger.once(prisma, {
    post: async (tx) => postPayment(ledger, tx, { project: await lockProject(tx, projectId), nonce }),
    write: (tx, { transaction: { id: transactionId, createdOn: paidOn } }) =>
      tx.project.update({ where: { id }, data: { transactionId, paidOn } }),
    find: ({ transaction }) => prisma.project.findUnique({ where: { id, transactionId: transaction.id } }),
  })
  return { ...paid, project }
}

/** Locks a project against other payments until the transaction ends. @throws ProjectNotFoundError */
async function lockProject(tx: Prisma.TransactionClient, projectId: string): Promise<Project> {
  const id = rowIdOf(projectId)
  await tx.$queryRaw`SELECT id FROM freelance.projects WHERE id = ${id} FOR UPDATE`
  const project = await tx.project.findUnique({ where: { id } })
  if (!project) throw new ProjectNotFoundError(projectId)
  return project
}

/**
 * Posts the price from the client to the freelancer. For a project that is already paid, this is a dry run: it finds out
 * whether this nonce paid it. @throws PostingError, ProjectPaidError
 */
async function postPayment(
  ledger: FreelanceLedger,
  tx: Prisma.TransactionClient,
  { project, nonce }: { project: Project; nonce: string },
) {
  const amount = Number(project.price)
  const isPaid = project.transactionId !== null
  const payment = ledger.postTransaction(
    {
      nonce,
      balanced: true,
      dryRun: isPaid,
      metadata: { project_id: String(project.id) },
      entries: [
        { ownerId: project.clientId, operation: 'PROJECT_SPENDING', amount },
        { ownerId: project.freelancerId, operation: 'PROJECT_PAYMENT', amount },
      ],
    },
    { tx },
  )
  if (!isPaid) return payment
  await payment.catch((error: unknown) => {
    const isSame = error instanceof DuplicateNonceError && error.identical
    if (isSame || !(error instanceof LedgerError) || error.retryable) throw error
  })
  throw new ProjectPaidError(project)
}
