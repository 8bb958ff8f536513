import {
  DuplicateNonceError,
  defineRefusal,
  type Ledger,
  nonceSchema,
  type PostedTransaction,
  rowIdOf,
} from '@shared-ledger/ledger'
import { z } from 'zod'
import type { Prisma, PrismaClient, Project } from './generated/prisma/client.ts'
import type { operations } from './operations.ts'
import { ProjectNotFoundError, projectIdSchema } from './projects.ts'

export type FreelanceLedger = Ledger<typeof operations>

/** A project and the transaction that paid it. */
export interface PaidProject extends PostedTransaction<keyof typeof operations> {
  readonly project: Project
  /** Whether this answers a request that was posted before: nothing was posted now. */
  readonly replayed: boolean
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
 * Pays a project, once: its price goes from the client to the freelancer in one balanced transaction, which the project
 * keeps. The same nonce again answers the same payment.
 * @throws ProjectNotFoundError, ProjectPaidError, PostingError
 */
export async function payProject(
  { ledger, prisma }: { ledger: FreelanceLedger; prisma: PrismaClient },
  { projectId, nonce }: z.output<typeof payProjectInput>,
): Promise<PaidProject> {
  const { project, posted } = await prisma.$transaction(async (tx) => {
    const agreed = await lockProject(tx, projectId)
    if (agreed.transactionId !== null) return { project: agreed, posted: undefined }
    const posted = await postPayment(ledger, tx, { project: agreed, nonce })
    const { id: transactionId, createdOn: paidOn } = posted.transaction
    const paid = await tx.project.update({ where: { id: agreed.id }, data: { transactionId, paidOn } })
    return { project: paid, posted }
  })
  return posted ? { ...posted, project, replayed: false } : replay(ledger, project, nonce)
}

/** The project, which no other payment touches until this one's transaction ends. @throws ProjectNotFoundError */
async function lockProject(tx: Prisma.TransactionClient, projectId: string): Promise<Project> {
  const id = rowIdOf(projectId)
  await tx.$queryRaw`SELECT id FROM freelance.projects WHERE id = ${id} FOR UPDATE`
  const project = await tx.project.findUnique({ where: { id } })
  if (!project) throw new ProjectNotFoundError(projectId)
  return project
}

/** Posts the price from the client to the freelancer. @throws PostingError */
async function postPayment(
  ledger: FreelanceLedger,
  tx: Prisma.TransactionClient,
  { project: { id, clientId, freelancerId, price }, nonce }: { project: Project; nonce: string },
) {
  const amount = Number(price)
  const payment = ledger.postTransaction(
    {
      nonce,
      balanced: true,
      metadata: { project_id: String(id) },
      entries: [
        { ownerId: clientId, operation: 'PROJECT_SPENDING', amount },
        { ownerId: freelancerId, operation: 'PROJECT_PAYMENT', amount },
      ],
    },
    { tx },
  )
  return payment.catch((error) => {
    // The project is unpaid: whatever was posted with this nonce is no payment of it.
    if (!(error instanceof DuplicateNonceError)) throw error
    throw new DuplicateNonceError(error.entry, false, error.balance)
  })
}

/** The answer to a payment that was made before. @throws ProjectPaidError where its nonce was another. */
async function replay(ledger: FreelanceLedger, project: Project, nonce: string): Promise<PaidProject> {
  const transaction = project.transactionId && (await ledger.transaction(project.transactionId))
  if (!transaction || transaction.nonce !== nonce) throw new ProjectPaidError(project)
  const ownerIds = [...new Set(transaction.entries.map(({ ownerId }) => ownerId))]
  const balances = await Promise.all(ownerIds.map((ownerId) => ledger.balance(ownerId)))
  return { project, transaction, balances, replayed: true }
}
