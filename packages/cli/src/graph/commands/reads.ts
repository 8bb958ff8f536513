import { type Command, defineCommand } from '../../command.ts'
import { ownerOrders, windows } from '../choices.ts'
import { targetOptions } from '../target.ts'
import { after, from, limit, metadata, operation, to } from './list-options.ts'
import { withSession } from './with-session.ts'

/** The commands that read an account, or what was posted. */
export const readCommands: readonly Command[] = [
  defineCommand({
    name: 'balance',
    usage: 'OWNER [--as-of MOMENT]',
    does: "prints an owner's balance, and what can be spent",
    options: {
      ...targetOptions,
      'as-of': { type: 'string', value: 'MOMENT', about: 'the balance after the last entry until then' },
    },
    maxArguments: 1,
    examples: [
      ['shared-ledger balance ada', 'what ada has now'],
      ['shared-ledger balance ada --as-of 2026-11-01', 'what ada had when November began'],
      ['shared-ledger balance ada --json', 'the same for a program'],
    ],
    run: withSession(async () => (await import('../balance.ts')).balance),
  }),
  defineCommand({
    name: 'owners',
    usage: '[--prefix TEXT] [--order balance]',
    does: 'lists the owners of accounts with their balances',
    options: {
      ...targetOptions,
      prefix: { type: 'string', value: 'TEXT', about: 'only owners that begin with this' },
      order: {
        type: 'string',
        default: 'owner',
        value: 'ORDER',
        choices: ownerOrders,
        about: 'owner, balance (highest first) or changed (latest first)',
      },
      limit,
      after,
    },
    examples: [
      ['shared-ledger owners --prefix team- --limit 50', 'the first 50 whose name begins with team-'],
      ['shared-ledger owners --order balance', 'who has most'],
    ],
    run: withSession(async () => (await import('../owners.ts')).owners),
  }),
  defineCommand({
    name: 'entries',
    usage: '[OWNER] [--operation NAMES]',
    does: 'lists the entries of an owner, or of the whole app, newest first',
    options: {
      ...targetOptions,
      operation,
      from,
      to,
      metadata,
      'oldest-first': { type: 'boolean', default: false, about: 'from the oldest on' },
      limit,
      after,
    },
    maxArguments: 1,
    examples: [
      ['shared-ledger entries ada', 'the newest 20'],
      [
        'shared-ledger entries ada --operation CREDIT_SPEND --from 2026-11-01',
        'what ada spent since November began',
      ],
      ['shared-ledger entries ada --metadata order=A-17 --json', 'those of an order, for a program'],
    ],
    run: withSession(async () => (await import('../entries.ts')).entries),
  }),
  defineCommand({
    name: 'entry',
    usage: 'ID | --owner OWNER --nonce NONCE',
    does: 'prints an entry',
    options: {
      ...targetOptions,
      owner: { type: 'string', value: 'OWNER', about: 'whose entry, with --nonce' },
      nonce: { type: 'string', value: 'NONCE', about: 'the nonce that it was posted with' },
    },
    maxArguments: 1,
    examples: [
      ['shared-ledger entry 17', 'by its id'],
      ['shared-ledger entry --owner ada --nonce n-1', 'by its nonce'],
    ],
    run: withSession(async () => (await import('../entry.ts')).entry),
  }),
  defineCommand({
    name: 'transaction',
    usage: 'ID',
    does: 'prints a transaction with its entries',
    options: targetOptions,
    maxArguments: 1,
    examples: [
      ['shared-ledger transaction 01a22a5b-85da-7ba7-824a-eb2f7c6605c7', 'what was posted together'],
    ],
    run: withSession(async () => (await import('../entry.ts')).transaction),
  }),
  defineCommand({
    name: 'holds',
    usage: 'OWNER',
    does: "lists an owner's live holds",
    options: targetOptions,
    maxArguments: 1,
    examples: [['shared-ledger holds ada', 'what is set aside']],
    run: withSession(async () => (await import('../holds.ts')).holds),
  }),
  defineCommand({
    name: 'lots',
    usage: 'OWNER [--all]',
    does: "lists an owner's lots, in the order in which they are spent",
    options: {
      ...targetOptions,
      all: { type: 'boolean', default: false, about: 'also those without credits left, newest first' },
      limit,
      after,
    },
    maxArguments: 1,
    examples: [['shared-ledger lots ada', 'what ada has until when']],
    run: withSession(async () => (await import('../lots.ts')).lots),
  }),
  defineCommand({
    name: 'summary',
    usage: '[OWNER] [--per day]',
    does: 'sums up entries by operation and hour, day or month, of the whole app or of an owner',
    options: {
      ...targetOptions,
      from: { ...from, about: 'from this moment on; 30 days ago, or a day for hours, or a year for months' },
      to,
      per: {
        type: 'string',
        default: 'day',
        value: 'WINDOW',
        choices: windows,
        about: 'hour, day or month',
      },
      operation,
      bars: { type: 'boolean', default: false, about: 'draws what came in and went out' },
    },
    maxArguments: 1,
    examples: [
      ['shared-ledger summary --per month', 'the whole app by month'],
      ['shared-ledger summary ada --from 2026-11-01 --bars', "what came in and went out of ada's account"],
    ],
    run: withSession(async () => (await import('../summary.ts')).summary),
  }),
  defineCommand({
    name: 'operations',
    usage: '',
    does: 'lists what the app can do with credits',
    options: targetOptions,
    examples: [['shared-ledger operations', 'with their amounts and limits']],
    run: withSession(async () => (await import('../operations.ts')).operations),
  }),
]
