import { existsSync } from 'node:fs'
import { appsOf, historyOf, LEDGER } from '../project.ts'
import { runPrisma } from './prisma-cli.ts'

/**
 * Generates the Prisma clients of every app, and of the ledger where the project keeps it, from their models. Needs no database and no network.
 *
 * @throws with Prisma's words when a schema.prisma is wrong.
 */
export async function generateClients(root: string): Promise<void> {
  const histories = [LEDGER, ...appsOf(root)].map((name) => historyOf(root, name))
  await Promise.all(
    histories
      .filter(({ config, models }) => existsSync(config) && existsSync(models))
      .map(async ({ models, config }) => {
        const run = await runPrisma(['generate', '--no-hints', '--config', config], { root })
        if (run.exitCode !== 0) throw new Error(`prisma generate failed for ${models}:\n${run.output}`)
      }),
  )
}
