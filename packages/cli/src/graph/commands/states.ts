import { type Command, defineCommand } from '../../command.ts'
import { targetOptions } from '../target.ts'
import { writeOptions } from '../write-options.ts'
import { withSession } from './with-session.ts'

/** The options of the commands that change the state of an account. */
const stateOptions = {
  ...targetOptions,
  ...writeOptions,
  reason: { type: 'string', value: 'TEXT', about: 'why; it is stored in the metadata' },
  operation: {
    type: 'string',
    value: 'NAME',
    about: "the app's own operation for it, such as one of another book",
  },
} as const

/** The commands that change the state of an account. */
export const stateCommands: readonly Command[] = [
  defineCommand({
    name: 'freeze',
    usage: 'OWNER --reason TEXT [--spending]',
    does: 'lets nothing be posted to an account',
    notes: 'The app needs the account operations, and the key the scope admin',
    options: {
      ...stateOptions,
      spending: { type: 'boolean', default: false, about: 'lets credits in, and none out' },
    },
    maxArguments: 1,
    examples: [['shared-ledger freeze ada --reason chargeback --dry-run', 'what it would come to']],
    run: withSession(async () => (await import('../account-states.ts')).freeze),
  }),
  defineCommand({
    name: 'reopen',
    usage: 'OWNER --reason TEXT',
    does: 'opens an account that was frozen or closed',
    notes: 'The app needs the account operations, and the key the scope admin',
    options: stateOptions,
    maxArguments: 1,
    examples: [['shared-ledger reopen ada --reason settled', 'asks, and opens it']],
    run: withSession(async () => (await import('../account-states.ts')).reopen),
  }),
  defineCommand({
    name: 'close',
    usage: 'OWNER --reason TEXT',
    does: 'closes an account whose balance is 0',
    notes: 'The app needs the account operations, and the key the scope admin',
    options: stateOptions,
    maxArguments: 1,
    examples: [['shared-ledger close ada --reason left', 'asks, and closes it']],
    run: withSession(async () => (await import('../account-states.ts')).close),
  }),
]
