import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { assertAppName } from '@shared-ledger/ledger'
import { appOf, appsOf, configurationIn } from '@shared-ledger/postgres'
import { dependenciesOfApp, filesOfApp } from './app-template.ts'
import { UsageError } from './exit.ts'
import { writeNewFolder } from './new-folder.ts'
import { given } from './questions.ts'
import { say } from './terminal.ts'
import { withWorkspace } from './workspaces.ts'

interface Given {
  readonly positionals: readonly string[]
  readonly values: { readonly yes: boolean; readonly port?: string | undefined }
}

const firstPort = 4001

/** Writes the files of a new app, and makes it known to the workspace. */
export async function newApp(root: string, { positionals, values }: Given): Promise<number> {
  assertTemplateFits(root)
  const app = await given(positionals[0], { name: 'NAME', question: 'The name of the app?' })
  const folder = newFolderOf(root, app)
  const taken = takenPorts(root)
  const free = String(nextPort(taken))
  const wanted = values.port ?? (values.yes ? free : undefined)
  const port = portOf(await given(wanted, { name: '--port', question: 'Its port?', usual: free }), taken)
  writeApp(root, { app, folder, port })
  sayNext(app, path.relative(root, folder))
  return 0
}

/** Where a new app has the files that the configuration of a project can put elsewhere. */
const written = {
  prisma: 'prisma',
  operations: 'src/operations.ts',
  schema: 'src/schema.ts',
  server: 'src/server.ts',
} as const

/** @throws Error when the project would look for the files of a new app elsewhere */
function assertTemplateFits(root: string): void {
  const configuration = configurationIn(root)
  for (const field of ['prisma', 'operations', 'schema', 'server'] as const) {
    const file = written[field]
    const configured = configuration?.[field] ?? file
    if (path.relative(file, configured) === '') continue
    throw new Error(
      `sharedLedger.${field} in package.json is ${JSON.stringify(configured)}, but a new app has ${file}: nothing was written. ` +
        `Take the field out and have each app keep ${file}, or write the app by hand.`,
    )
  }
}

/** Returns the folder of a new app. @throws Error on a name that no app can have, and when the folder exists */
function newFolderOf(root: string, app: string): string {
  assertAppName(app)
  if (app === 'new') throw new Error('No app is called new: `shared-ledger migrate new` is a command.')
  if (dependenciesOfApp().includes(app)) {
    throw new Error(`${app} is a package that a new app uses. Give the app another name.`)
  }
  const apps = configurationIn(root)?.apps
  if (typeof apps === 'object' && !Object.hasOwn(apps, app)) {
    throw new Error(
      `sharedLedger.apps in package.json names the folder of each app: add one for ${app}, and run the command again.`,
    )
  }
  const { folder } = appOf(root, app)
  if (!existsSync(folder)) return folder
  throw new Error(`${path.relative(root, folder)} is there already: nothing was written.`)
}

/** Writes the app's folder and its workspace, or nothing. */
function writeApp(root: string, { app, folder, port }: { app: string; folder: string; port: number }): void {
  const manifest = path.join(root, 'package.json')
  const before = readFileSync(manifest, 'utf8')
  const after = withWorkspace(before, path.relative(root, folder))
  writeNewFolder(folder, filesOfApp(app, { port, root: JSON.parse(before) }), () => {
    if (after !== before) writeFileSync(manifest, after)
  })
}

/** Returns the apps of the project by their ports. */
function takenPorts(root: string): ReadonlyMap<number, string> {
  return new Map(appsOf(root).flatMap((app) => portsIn(root, app).map((port) => [port, app] as const)))
}

/** Returns the first port from 4001 on that no app of the project has. */
function nextPort(taken: ReadonlyMap<number, string>): number {
  for (let port = firstPort; ; port += 1) if (!taken.has(port)) return port
}

/** Returns the ports in the files that define an app. */
function portsIn(root: string, app: string): readonly number[] {
  const { folder, server } = appOf(root, app)
  return [path.join(folder, 'src/app.ts'), server]
    .filter((file) => existsSync(file))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\bport: (\d+)/g)])
    .map(([, port]) => Number(port))
}

/** Returns a port. @throws UsageError on a text that is not one, and Error on the port of another app */
function portOf(given: string, taken: ReadonlyMap<number, string>): number {
  const port = Number(given)
  if (!/^\d{1,5}$/.test(given) || port < 1 || port > 65_535)
    throw new UsageError(`A port is a whole number from 1 to 65535, not ${JSON.stringify(given)}.`)
  const other = taken.get(port)
  if (other === undefined) return port
  throw new Error(`The app ${other} has the port ${port}. Name another, such as ${nextPort(taken)}.`)
}

function sayNext(app: string, folder: string): void {
  say(
    [
      `Wrote ${folder}: an app in which owners buy things. A purchase posts PURCHASE (-2 credits), by GraphQL and REST.`,
      'Next:',
      '  npm install',
      `  npx shared-ledger start ${app}`,
    ].join('\n'),
  )
}
