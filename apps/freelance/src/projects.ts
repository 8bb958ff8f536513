import {
  defineRefusal,
  idSchema,
  ownerIdSchema,
  positiveAmountSchema,
  rowIdOf,
  textSchema,
} from '@shared-ledger/ledger'
import { z } from 'zod'
import type { Prisma, PrismaClient, Project } from './generated/prisma/client.ts'

export const ProjectNotFoundError = defineRefusal('PROJECT_NOT_FOUND', {
  status: 404,
  meaning: 'No project has this id. Nothing was posted.',
  message: (id: string) => `There is no project ${id.slice(0, 40)}.`,
})

export const projectIdSchema = idSchema.describe('The id of the project.')

export const createProjectInput = z
  .object({
    clientId: ownerIdSchema.describe('The owner who pays.'),
    freelancerId: ownerIdSchema.meta({ description: 'The owner who is paid.', examples: ['other_user'] }),
    title: textSchema(200).meta({ examples: ['A logo'] }),
    price: positiveAmountSchema.meta({ examples: [50] }),
  })
  .describe('A project to agree.')

/** Agrees a project between a client and a freelancer. Posts nothing. */
export async function createProject(
  prisma: PrismaClient,
  { price, ...project }: z.output<typeof createProjectInput>,
): Promise<Project> {
  return prisma.project.create({ data: { ...project, price: BigInt(price) } })
}

/** Returns the project with this id. @throws ProjectNotFoundError */
export async function getProject(prisma: Prisma.TransactionClient, id: string): Promise<Project> {
  const project = await prisma.project.findUnique({ where: { id: rowIdOf(id) } })
  if (!project) throw new ProjectNotFoundError(id)
  return project
}
