import { type Command, defineCommand, defineProjectCommand, jsonOption } from './command.ts'
import { graphCommands } from './graph/commands.ts'
import { shells } from './shells.ts'

const anyNumber = Number.POSITIVE_INFINITY

/** The commands of a project. A command is loaded when it is called: each needs other parts of the project. */
const projectCommands: readonly Command[] = [
  defineProjectCommand({
    name: 'start',
    usage: '[content …] [--workers 2]',
    does: 'starts the database, runs the migrations, and serves all or the named apps',
    options: {
      workers: { type: 'string', value: 'NUMBER', default: '1', about: 'how many processes serve each app' },
    },
    maxArguments: anyNumber,
    run: async (root, given) => (await import('./start.ts')).start(root, given),
  }),
  defineProjectCommand({
    name: 'migrate',
    usage: '[content …]',
    does: 'runs the pending migrations of the ledger and of all, or the named, apps',
    maxArguments: anyNumber,
    run: async (root, given) => (await import('./migrate.ts')).migrate(root, given),
  }),
  defineProjectCommand({
    name: 'migrate new',
    usage: 'content add_boost | --check [content …]',
    does: "writes an app's next migration from its models and operations",
    options: {
      check: {
        type: 'boolean',
        default: false,
        about: 'writes nothing, and fails where something is declared and in no migration',
      },
    },
    maxArguments: anyNumber,
    run: async (root, given) => (await import('./migrate-new.ts')).migrateNew(root, given),
  }),
  defineProjectCommand({
    name: 'new-app',
    usage: 'NAME [--port 4003]',
    does: 'writes the files of a new app, which starts and passes its test',
    options: {
      port: { type: 'string', value: 'PORT', about: 'its port; the next free one when left out' },
      yes: { type: 'boolean', short: 'y', default: false, about: 'does not ask for the port' },
    },
    maxArguments: 1,
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
    options: {
      check: {
        type: 'boolean',
        default: false,
        about: 'writes nothing, and fails where a file is out of date',
      },
    },
    maxArguments: anyNumber,
    run: async (root, given) => (await import('./documents.ts')).documents(root, given),
  }),
  defineProjectCommand({
    name: 'provision',
    usage: '[content …] [--rotate] [--password-file FILE] [--connections 40]',
    does: 'makes or mends the database role of an app: its password, rights and limits',
    options: {
      rotate: { type: 'boolean', default: false, about: 'gives it another password' },
      'password-file': { type: 'string', value: 'FILE', about: 'a file with its password; - is stdin' },
      connections: { type: 'string', value: 'NUMBER', about: 'how many connections it may have at once' },
    },
    maxArguments: anyNumber,
    run: async (root, given) => (await import('./provision.ts')).provision(root, given),
  }),
  defineProjectCommand({
    name: 'keys',
    usage:
      'create content --name ci --scopes read,post (or --owner ada) [--expires 90d] | list content | revoke content ID',
    does: "makes, lists and revokes the API keys with which requests reach an app's servers",
    options: {
      name: { type: 'string', value: 'NAME', about: 'what a new key is called' },
      scopes: { type: 'string', value: 'SCOPES', about: 'what it may do, separated by commas' },
      owner: {
        type: 'string',
        value: 'OWNER',
        about: 'the owner whose account it reads, in place of scopes',
      },
      expires: { type: 'string', value: 'DURATION', about: 'how long it is valid: 30m, 12h or 90d' },
      json: jsonOption,
    },
    maxArguments: anyNumber,
    run: async (root, given) => (await import('./keys.ts')).keys(root, given),
  }),
  defineProjectCommand({
    name: 'verify',
    usage: '[content …] [--verbose] [--checkpoint FILE --public-key FILE]',
    does: 'checks every invariant of all or the named apps, and that nothing before a checkpoint was changed',
    options: {
      verbose: { type: 'boolean', default: false, about: 'tells the answer to each question' },
      json: jsonOption,
      checkpoint: {
        type: 'string',
        multiple: true,
        value: 'FILE',
        about: 'an earlier checkpoint; may be given several times',
      },
      'public-key': {
        type: 'string',
        multiple: true,
        value: 'FILE',
        about: 'a key that may have signed them; may be given several times',
      },
    },
    maxArguments: anyNumber,
    run: async (root, given) => (await import('./verify.ts')).verify(root, given),
  }),
  defineProjectCommand({
    name: 'checkpoint',
    usage: '--key FILE [--out FILE] | --new-key FILE',
    does: 'writes the hash of every account’s history, signed',
    options: {
      key: { type: 'string', value: 'FILE', about: 'the private key that signs it' },
      out: { type: 'string', value: 'FILE', about: 'where it is written' },
      'new-key': { type: 'string', value: 'FILE', about: 'makes a private key, and FILE.pub beside it' },
    },
    run: async (root, given) => (await import('./checkpoint.ts')).checkpoint(root, given),
  }),
  defineProjectCommand({
    name: 'prove',
    usage:
      'content ENTRY_ID --checkpoint FILE --public-key FILE [--out FILE] | --check FILE --public-key FILE',
    does: 'writes a proof that an entry was there, or checks one',
    options: {
      checkpoint: { type: 'string', value: 'FILE', about: 'the checkpoint that the entry was in' },
      'public-key': { type: 'string', value: 'FILE', about: 'the public key of who signed it' },
      out: { type: 'string', value: 'FILE', about: 'where it is written' },
      check: { type: 'string', value: 'FILE', about: 'a proof to check, in place of writing one' },
    },
    maxArguments: anyNumber,
    run: async (root, given) => (await import('./prove.ts')).prove(root, given),
  }),
  defineProjectCommand({
    name: 'distribute',
    usage: '[--worker HOST:PORT …] [--coordinator HOST:PORT] [--shards 32]',
    does: 'distributes the ledger over the nodes of a Citus cluster, and prints where the shards are',
    options: {
      worker: {
        type: 'string',
        multiple: true,
        value: 'HOST:PORT',
        about: 'a node to add; may be given several times',
      },
      coordinator: { type: 'string', value: 'HOST:PORT', about: 'where workers find the coordinator' },
      shards: {
        type: 'string',
        value: 'NUMBER',
        default: '32',
        about: 'how many, for good: 2 to 4 for each worker that there may ever be',
      },
    },
    run: async (root, given) => (await import('./distribute.ts')).distribute(root, given),
  }),
  defineProjectCommand({
    name: 'reset',
    usage: '[-y]',
    does: 'empties the embedded database',
    options: { yes: { type: 'boolean', short: 'y', default: false, about: 'does not ask before' } },
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
    maxArguments: 1,
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
