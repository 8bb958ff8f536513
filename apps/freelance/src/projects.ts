import { maxCredits, ownerIdSchema, parseInput, textSchema } from '@shared-ledger/ledger'
import { z } from 'zod'
import type { Prisma, PrismaClient, Project } from './generated/prisma/client.ts'

export class ProjectNotFoundError extends Error {
  override readonly name = 'ProjectNotFoundError'
  readonly code = 'PROJECT_NOT_FOUND'

  constructor(id: string) {
    super(`There is no project ${id.slice(0, 40)}.`)
  }
}

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

const maxProjectId = 2 ** 31 - 1

/** A project's id as the database has it; undefined where none can be. */
export function projectIdOf(id: string): number | undefined {
  const number = /^[1-9]\d{0,9}$/.test(id) ? Number(id) : 0
  return number > 0 && number <= maxProjectId ? number : undefined
}

/** The project with this id, or null where there is none or none can be. */
export async function findProject(prisma: PrismaClient, id: string, query: Prisma.ProjectDefaultArgs = {}) {
  return prisma.project.findUnique({ ...query, where: { id: projectIdOf(id) ?? 0 } })
}
