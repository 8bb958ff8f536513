import { type Command, defineCommand, defineProjectCommand } from './command.ts'
import { graphCommands } from './graph/commands.ts'
import { shells } from './shells.ts'

/** The commands of a project. A command is loaded when it is called: each needs other parts of the project. */
const projectCommands: readonly Command[] = [
  defineProjectCommand({
    name: 'start',
    usage: '[content …] [--workers 2]',
    does: 'starts the database, runs the migrations, and serves all or the named apps',
    notes: '--workers: how many processes serve each app',
    options: { workers: { type: 'string', default: '1' } },
    allowPositionals: true,
    run: async (root, given) => (await import('./start.ts')).start(root, given),
  }),
  defineProjectCommand({
    name: 'migrate',
    usage: '[content …]',
    does: 'runs the pending migrations of the ledger and of all, or the named, apps',
    allowPositionals: true,
    run: async (root, given) => (await import('./migrate.ts')).migrate(root, given),
  }),
  defineProjectCommand({
    name: 'migrate new',
    usage: 'content add_boost | --check [content …]',
    does: "writes an app's next migration from its models and operations",
    notes: '--check: writes nothing, and fails where something is declared and in no migration',
    options: { check: { type: 'boolean', default: false } },
    allowPositionals: true,
    run: async (root, given) => (await import('./migrate-new.ts')).migrateNew(root, given),
  }),
  defineProjectCommand({
    name: 'new-app',
    usage: '[arcade] [--port 4003] [--yes]',
    does: 'writes the files of a new app, which starts and passes its test',
    notes: 'It asks for what is not given. --yes: asks nothing, and takes the next free port',
    options: { port: { type: 'string' }, yes: { type: 'boolean', default: false } },
    allowPositionals: true,
    run: async (root, given) => (await import('./new-app.ts')).newApp(root, given),
  }),
  defineProjectCommand({
    name: 'generate',
    usage: '',
    does: 'generates the Prisma clients of all apps',
    notes: 'Called by a script "prepare", it runs after each npm install',
    run: async (root) => (await import('./generate.ts')).generate(root),
  }),
  defineProjectCommand({
    name: 'documents',
    usage: '[content …] [--check]',
    does: 'prints the graph of all, or the named, apps into schema.graphql, and makes their GraphQL documents typed',
    notes: '--check: writes nothing, and fails where a file is out of date',
    options: { check: { type: 'boolean', default: false } },
    allowPositionals: true,
    run: async (root, given) => (await import('./documents.ts')).documents(root, given),
  }),
  defineProjectCommand({
    name: 'provision',
    usage: '[content …] [--rotate] [--password-file FILE] [--connections 40]',
    does: 'makes or mends the database role of an app: its password, rights and limits',
    notes: '--rotate: another password; --password-file: that one (-: from standard input)',
    options: {
      rotate: { type: 'boolean', default: false },
      'password-file': { type: 'string' },
      connections: { type: 'string' },
    },
    allowPositionals: true,
    run: async (root, given) => (await import('./provision.ts')).provision(root, given),
  }),
  defineProjectCommand({
    name: 'keys',
    usage:
      'create content --name ci --scopes read,post (or --owner ada) [--expires 90d] | list content | revoke content ID',
    does: "makes, lists and revokes the API keys with which requests reach an app's servers",
    options: {
      name: { type: 'string' },
      scopes: { type: 'string' },
      owner: { type: 'string' },
      expires: { type: 'string' },
    },
    allowPositionals: true,
    run: async (root, given) => (await import('./keys.ts')).keys(root, given),
  }),
  defineProjectCommand({
    name: 'verify',
    usage: '[content …] [--verbose] [--checkpoint FILE --public-key FILE]',
    does: 'checks every invariant of all or the named apps, and that nothing before a checkpoint was changed',
    notes: '--verbose: tells the answer to each question',
    options: {
      verbose: { type: 'boolean', default: false },
      checkpoint: { type: 'string', multiple: true },
      'public-key': { type: 'string', multiple: true },
    },
    allowPositionals: true,
    run: async (root, given) => (await import('./verify.ts')).verify(root, given),
  }),
  defineProjectCommand({
    name: 'checkpoint',
    usage: '--key FILE [--out FILE] | --new-key FILE',
    does: 'writes the hash of every account’s history, signed',
    notes: '--new-key: makes a key, and FILE.pub',
    options: { key: { type: 'string' }, out: { type: 'string' }, 'new-key': { type: 'string' } },
    run: async (root, given) => (await import('./checkpoint.ts')).checkpoint(root, given),
  }),
  defineProjectCommand({
    name: 'prove',
    usage:
      'content ENTRY_ID --checkpoint FILE --public-key FILE [--out FILE] | --check FILE --public-key FILE',
    does: 'writes a proof that an entry was there, or checks one',
    options: {
      checkpoint: { type: 'string' },
      'public-key': { type: 'string' },
      out: { type: 'string' },
      check: { type: 'string' },
    },
    allowPositionals: true,
    run: async (root, given) => (await import('./prove.ts')).prove(root, given),
  }),
  defineProjectCommand({
    name: 'distribute',
    usage: '[--worker HOST:PORT …] [--coordinator HOST:PORT] [--shards 32]',
    does: 'distributes the ledger over the nodes of a Citus cluster, and prints where the shards are',
    notes:
      '--worker: adds that node; --coordinator: where workers find the coordinator; --shards: how many, for good: 2 to 4 ' +
      'for each worker that there may ever be',
    options: {
      worker: { type: 'string', multiple: true },
      coordinator: { type: 'string' },
      shards: { type: 'string', default: '32' },
    },
    run: async (root, given) => (await import('./distribute.ts')).distribute(root, given),
  }),
  defineProjectCommand({
    name: 'reset',
    usage: '[--yes]',
    does: 'empties the embedded database',
    notes: '--yes: does not ask before',
    options: { yes: { type: 'boolean', default: false } },
    run: async (root, given) => (await import('./reset.ts')).reset(root, given),
  }),
]

/** All that `shared-ledger` can do. */
export const commands: readonly Command[] = [
  ...projectCommands,
  ...graphCommands,
  defineCommand({
    name: 'completion',
    usage: 'bash|zsh|fish',
    does: 'prints the script by which a shell completes the command',
    allowPositionals: true,
    most: 1,
    choices: shells,
    examples: [
      ['source <(shared-ledger completion bash)', 'in ~/.bashrc'],
      ['source <(shared-ledger completion zsh)', 'in ~/.zshrc, after compinit'],
      ['shared-ledger completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
    run: async (given) => (await import('./completion.ts')).completion(given),
  }),
]

/** The command that the words name, and what is left for it. A name of two words goes before one of one. */
export function commandOf(
  words: readonly string[],
): { readonly command: Command; readonly args: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const command = commands.find((each) => each.name === name)
    if (command) return { command, args: words.slice(length) }
  }
  return undefined
}

/** A line for each command. */
export function helpOfAll(): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const lines = commands.map(({ name, does }) => `  ${name.padEnd(width)}  ${does}`)
  return [
    'shared-ledger COMMAND …',
    '',
    ...lines,
    '',
    'shared-ledger COMMAND --help says how it is called.',
  ].join('\n')
}
