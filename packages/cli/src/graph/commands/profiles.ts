import { type Command, defineCommand } from '../../command.ts'
import { targetOptions } from '../target.ts'
import { writeOptions } from '../write-options.ts'

/** The commands of the profiles that the others use. */
export const profileCommands: readonly Command[] = [
  defineCommand({
    name: 'profiles',
    usage: '',
    does: 'lists the profiles: where apps are, and with which key',
    options: { json: targetOptions.json },
    examples: [['shared-ledger profiles', 'without the keys']],
    run: async (given) => (await import('../profile-commands.ts')).profiles(given),
  }),
  defineCommand({
    name: 'profiles add',
    usage: 'NAME --url URL [--key-file FILE]',
    does: 'adds a profile, and uses it from then on',
    options: {
      json: targetOptions.json,
      url: { type: 'string', value: 'URL', about: "the app's address" },
      'key-file': { type: 'string', value: 'FILE', about: 'a file with its key; - is stdin' },
      book: targetOptions.book,
    },
    maxArguments: 1,
    examples: [
      ['shared-ledger profiles add local --url http://localhost:4001', 'an app without keys'],
      [
        'shared-ledger profiles add live --url https://ledger.example.org --key-file key',
        'its key is in a file',
      ],
    ],
    run: async (given) => (await import('../profile-commands.ts')).addProfile(given),
  }),
  defineCommand({
    name: 'profiles use',
    usage: 'NAME',
    does: 'uses a profile from now on',
    options: { json: targetOptions.json },
    maxArguments: 1,
    examples: [['shared-ledger profiles use live', 'for every later command']],
    run: async (given) => (await import('../profile-commands.ts')).useProfile(given),
  }),
  defineCommand({
    name: 'profiles remove',
    usage: 'NAME',
    does: 'forgets a profile and its key',
    options: { yes: writeOptions.yes, json: targetOptions.json },
    maxArguments: 1,
    examples: [['shared-ledger profiles remove live -y', 'without a question']],
    run: async (given) => (await import('../profile-commands.ts')).removeProfile(given),
  }),
]
