import { type Command, defineCommand } from '../../command.ts'
import { targetOptions } from '../target.ts'
import { writeOptions } from '../write-options.ts'
import { withSession } from './with-session.ts'

/** The commands that post, or set credits aside. */
export const postingCommands: readonly Command[] = [
  defineCommand({
    name: 'post',
    usage: 'OWNER OPERATION [AMOUNT]',
    does: 'posts an entry',
    options: {
      ...targetOptions,
      ...writeOptions,
      'expires-on': {
        type: 'string',
        value: 'MOMENT',
        about: 'when its credits expire, for an operation with lots',
      },
    },
    maxArguments: 3,
    examples: [
      ['shared-ledger post ada CREDIT_ADD 10 --dry-run', 'what it would come to'],
      ['shared-ledger post ada CREDIT_ADD 10 --metadata order=A-17', 'asks, and posts it'],
      ['shared-ledger post ada CREDIT_ADD 10 -y --nonce n-1', 'posts it once, however often it is called'],
    ],
    run: withSession(async () => (await import('../post.ts')).post),
  }),
  defineCommand({
    name: 'transaction post',
    usage: 'OPERATION:AMOUNT:OWNER …',
    does: 'posts entries together: all of them or none',
    options: {
      ...targetOptions,
      ...writeOptions,
      balanced: { type: 'boolean', default: false, about: 'requires that the amounts add up to zero' },
    },
    maxArguments: Number.POSITIVE_INFINITY,
    examples: [
      [
        'shared-ledger transaction post CREDIT_SPEND:5:ada CREDIT_ADD:5:bob --dry-run',
        'what it would come to',
      ],
      [
        'shared-ledger transaction post CREDIT_SPEND:5:ada CREDIT_ADD:5:bob --balanced',
        'asks, and posts both',
      ],
    ],
    run: withSession(async () => (await import('../transactions.ts')).postTransaction),
  }),
  defineCommand({
    name: 'transfer',
    usage: 'FROM TO AMOUNT',
    does: 'moves credits from one owner to another',
    notes: 'The app needs the transfer operations',
    options: { ...targetOptions, ...writeOptions },
    maxArguments: 3,
    examples: [['shared-ledger transfer ada bob 5 --dry-run', 'what both would have then']],
    run: withSession(async () => (await import('../transactions.ts')).transfer),
  }),
  defineCommand({
    name: 'hold',
    usage: 'OWNER OPERATION [AMOUNT] --for DURATION',
    does: 'sets credits aside for a later entry',
    options: {
      ...targetOptions,
      ...writeOptions,
      for: { type: 'string', value: 'DURATION', about: 'for how long: 90s, 30m, 12h or 7d' },
    },
    maxArguments: 3,
    examples: [['shared-ledger hold ada CREDIT_SPEND 5 --for 2h', 'sets 5 credits aside']],
    run: withSession(async () => (await import('../post.ts')).hold),
  }),
  defineCommand({
    name: 'capture',
    usage: 'ID [AMOUNT] [--keep-rest]',
    does: 'posts an entry that a hold was for, with all or some of its credits',
    options: {
      ...targetOptions,
      ...writeOptions,
      'keep-rest': { type: 'boolean', default: false, about: 'keeps the rest on hold, for further captures' },
    },
    maxArguments: 2,
    examples: [
      ['shared-ledger capture 3', 'takes all that the hold keeps'],
      ['shared-ledger capture 3 2', 'takes 2 credits, and gives the rest back'],
      ['shared-ledger capture 3 2 --keep-rest', 'takes 2 credits, and keeps the rest on hold'],
    ],
    run: withSession(async () => (await import('../holds.ts')).capture),
  }),
  defineCommand({
    name: 'prolong',
    usage: 'ID --for DURATION | --until MOMENT',
    does: 'lets a hold expire later',
    notes: 'A hold that lasts as long already stays as it is',
    options: {
      ...targetOptions,
      for: { type: 'string', value: 'DURATION', about: 'for how long from now: 90s, 30m, 12h or 7d' },
      until: { type: 'string', value: 'MOMENT', about: 'until this moment, such as 2026-11-30T10:15:00Z' },
      yes: writeOptions.yes,
    },
    maxArguments: 1,
    examples: [
      ['shared-ledger prolong 3 --for 2h', 'shows the hold, and asks'],
      ['shared-ledger prolong 3 --until 2026-12-24 -y', 'without a question'],
    ],
    run: withSession(async () => (await import('../holds.ts')).prolong),
  }),
  defineCommand({
    name: 'release',
    usage: 'ID',
    does: "makes a hold's credits available again",
    options: { ...targetOptions, yes: writeOptions.yes },
    maxArguments: 1,
    examples: [['shared-ledger release 3', 'gives all of it back']],
    run: withSession(async () => (await import('../holds.ts')).release),
  }),
  defineCommand({
    name: 'refund',
    usage: 'ENTRY_ID AMOUNT',
    does: "gives back some or all of an entry's credits",
    options: { ...targetOptions, ...writeOptions },
    maxArguments: 2,
    examples: [['shared-ledger refund 17 2 --dry-run', 'what 2 credits back would come to']],
    run: withSession(async () => (await import('../transactions.ts')).refund),
  }),
  defineCommand({
    name: 'reverse',
    usage: 'TRANSACTION_ID',
    does: 'undoes a transaction, once',
    options: { ...targetOptions, ...writeOptions },
    maxArguments: 1,
    examples: [['shared-ledger reverse 01a22a5b-85da-7ba7-824a-eb2f7c6605c7', 'asks, and undoes it']],
    run: withSession(async () => (await import('../transactions.ts')).reverse),
  }),
]
