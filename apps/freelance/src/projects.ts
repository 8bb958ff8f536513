import { maxCredits, ownerIdSchema, parseInput, textSchema } from '@shared-ledger/ledger'
import { z } from 'zod'
import type { PrismaClient, Project } from './generated/prisma/client.ts'

const priceMessage = `must be a whole number of credits from 1 to ${maxCredits}`

const projectSchema = z.object({
  clientId: ownerIdSchema,
  freelancerId: ownerIdSchema,
  title: textSchema(200),
  price: z.int(priceMessage).min(1, priceMessage),
})

export type CreateProjectInput = z.infer<typeof projectSchema>

/** Agrees a project between a client and a freelancer. Posts nothing. @throws ValidationError */
export async function createProject(prisma: PrismaClient, input: CreateProjectInput): Promise<Project> {
  const { price, ...project } = parseInput(projectSchema, input)
  return prisma.project.create({ data: { ...project, price: BigInt(price) } })
}
