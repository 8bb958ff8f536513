import { cpSync, existsSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { resetEmbeddedPostgres } from '@shared-ledger/postgres'
import { copyProject, type ProjectCopy } from '@shared-ledger/postgres/testing'

/** Copies a project and replaces its apps' servers by fakes. The app freelance has no data of its own. */
export function copyStartableProject(): ProjectCopy {
  const project = copyProject()
  const fake = fileURLToPath(new URL('fake-server.ts', import.meta.url))
  for (const app of ['content', 'freelance'])
    cpSync(fake, path.join(project.root, 'apps', app, 'src', 'server.ts'))
  rmSync(path.join(project.root, 'apps', 'freelance', 'prisma'), { recursive: true })
  symlinkSync(fileURLToPath(new URL('../../..', import.meta.url)), path.join(project.root, 'packages'))
  return project
}

/** Returns the folder of the project's embedded PostgreSQL. */
export const directoryOf = ({ root }: ProjectCopy): string => path.join(root, '.data', 'postgres')

/** Whether the project's embedded PostgreSQL runs, or was killed. */
export function isRunning(project: ProjectCopy): boolean {
  return existsSync(path.join(directoryOf(project), 'data', 'postmaster.pid'))
}

/** Removes the project and its embedded PostgreSQL. */
export async function removeProject(project: ProjectCopy): Promise<void> {
  await resetEmbeddedPostgres(directoryOf(project))
  project.remove()
}
