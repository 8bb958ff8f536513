import { type Command, defineCommand } from '../command.ts'
import type { inSession as InSession } from './session.ts'
import { targetOptions } from './target.ts'
import { writeOptions } from './write-options.ts'

/** Options that several commands have. */
const limit = { type: 'string', value: 'NUMBER', default: '20', about: 'how many at most' } as const
const after = { type: 'string', value: 'CURSOR', about: 'goes on after this place of the list' } as const
const operation = {
  type: 'string',
  value: 'NAMES',
  about: 'only entries of these operations, separated by commas',
} as const
const from = {
  type: 'string',
  value: 'MOMENT',
  about: 'only entries from this moment on, such as 2026-11-30',
} as const
const to = { type: 'string', value: 'MOMENT', about: 'only entries before this moment' } as const
const metadata = {
  type: 'string',
  value: 'KEY=VALUE',
  about: 'only entries with this pair in their metadata',
} as const

/** How often in a row a live list connects again: for some four minutes. */
const tailAttempts = 30

/** A session loads the client, which the other commands do not need. */
const runInSession: typeof InSession = async (...given) => (await import('./session.ts')).inSession(...given)

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

/** The commands that ask an app's graph, with a key of its own or an owner's, and the profiles that they use. */
export const graphCommands: readonly Command[] = [
  defineCommand({
    name: 'balance',
    usage: 'OWNER [--as-of MOMENT]',
    does: "prints an owner's balance, and what can be spent",
    options: {
      ...targetOptions,
      'as-of': { type: 'string', value: 'MOMENT', about: 'the balance after the last entry until then' },
    },
    allowPositionals: true,
    most: 1,
    examples: [
      ['shared-ledger balance ada', 'what ada has now'],
      ['shared-ledger balance ada --as-of 2026-11-01', 'what ada had when November began'],
      ['shared-ledger balance ada --json', 'the same for a program'],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./balance.ts')).balance(session, given)),
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
        choices: ['owner', 'balance', 'changed'],
        about: 'owner, balance (highest first) or changed (latest first)',
      },
      limit,
      after,
    },
    examples: [
      ['shared-ledger owners --prefix team- --limit 50', 'the first 50 whose name begins with team-'],
      ['shared-ledger owners --order balance', 'who has most'],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./owners.ts')).owners(session, given)),
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
    allowPositionals: true,
    most: 1,
    examples: [
      ['shared-ledger entries ada', 'the newest 20'],
      [
        'shared-ledger entries ada --operation CREDIT_SPEND --from 2026-11-01',
        'what ada spent since November began',
      ],
      ['shared-ledger entries ada --metadata order=A-17 --json', 'those of an order, for a program'],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./entries.ts')).entries(session, given)),
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
    allowPositionals: true,
    most: 1,
    examples: [
      ['shared-ledger entry 17', 'by its id'],
      ['shared-ledger entry --owner ada --nonce n-1', 'by its nonce'],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./entry.ts')).entry(session, given)),
  }),
  defineCommand({
    name: 'transaction',
    usage: 'ID',
    does: 'prints a transaction with its entries',
    options: { ...targetOptions },
    allowPositionals: true,
    most: 1,
    examples: [
      ['shared-ledger transaction 01a22a5b-85da-7ba7-824a-eb2f7c6605c7', 'what was posted together'],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./entry.ts')).transaction(session, given)),
  }),
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
    allowPositionals: true,
    most: 3,
    examples: [
      ['shared-ledger post ada CREDIT_ADD 10 --dry-run', 'what it would come to'],
      ['shared-ledger post ada CREDIT_ADD 10 --metadata order=A-17', 'asks, and posts it'],
      ['shared-ledger post ada CREDIT_ADD 10 -y --nonce n-1', 'posts it once, however often it is called'],
    ],
    run: (given) => runInSession(given, async (session) => (await import('./post.ts')).post(session, given)),
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
    allowPositionals: true,
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
    run: (given) =>
      runInSession(given, async (session) =>
        (await import('./transactions.ts')).postTransaction(session, given),
      ),
  }),
  defineCommand({
    name: 'transfer',
    usage: 'FROM TO AMOUNT',
    does: 'moves credits from one owner to another',
    notes: 'The app needs the transfer operations',
    options: { ...targetOptions, ...writeOptions },
    allowPositionals: true,
    most: 3,
    examples: [['shared-ledger transfer ada bob 5 --dry-run', 'what both would have then']],
    run: (given) =>
      runInSession(given, async (session) => (await import('./transactions.ts')).transfer(session, given)),
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
    allowPositionals: true,
    most: 3,
    examples: [['shared-ledger hold ada CREDIT_SPEND 5 --for 2h', 'sets 5 credits aside']],
    run: (given) => runInSession(given, async (session) => (await import('./post.ts')).hold(session, given)),
  }),
  defineCommand({
    name: 'holds',
    usage: 'OWNER',
    does: "lists an owner's live holds",
    options: { ...targetOptions },
    allowPositionals: true,
    most: 1,
    examples: [['shared-ledger holds ada', 'what is set aside']],
    run: (given) =>
      runInSession(given, async (session) => (await import('./holds.ts')).holds(session, given)),
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
    allowPositionals: true,
    most: 2,
    examples: [
      ['shared-ledger capture 3', 'takes all that the hold keeps'],
      ['shared-ledger capture 3 2', 'takes 2 credits, and gives the rest back'],
      ['shared-ledger capture 3 2 --keep-rest', 'takes 2 credits, and keeps the rest on hold'],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./holds.ts')).capture(session, given)),
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
    allowPositionals: true,
    most: 1,
    examples: [
      ['shared-ledger prolong 3 --for 2h', 'shows the hold, and asks'],
      ['shared-ledger prolong 3 --until 2026-12-24 -y', 'without a question'],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./holds.ts')).prolong(session, given)),
  }),
  defineCommand({
    name: 'release',
    usage: 'ID',
    does: "makes a hold's credits available again",
    options: { ...targetOptions, yes: writeOptions.yes },
    allowPositionals: true,
    most: 1,
    examples: [['shared-ledger release 3', 'gives all of it back']],
    run: (given) =>
      runInSession(given, async (session) => (await import('./holds.ts')).release(session, given)),
  }),
  defineCommand({
    name: 'refund',
    usage: 'ENTRY_ID AMOUNT',
    does: "gives back some or all of an entry's credits",
    options: { ...targetOptions, ...writeOptions },
    allowPositionals: true,
    most: 2,
    examples: [['shared-ledger refund 17 2 --dry-run', 'what 2 credits back would come to']],
    run: (given) =>
      runInSession(given, async (session) => (await import('./transactions.ts')).refund(session, given)),
  }),
  defineCommand({
    name: 'reverse',
    usage: 'TRANSACTION_ID',
    does: 'undoes a transaction, once',
    options: { ...targetOptions, ...writeOptions },
    allowPositionals: true,
    most: 1,
    examples: [['shared-ledger reverse 01a22a5b-85da-7ba7-824a-eb2f7c6605c7', 'asks, and undoes it']],
    run: (given) =>
      runInSession(given, async (session) => (await import('./transactions.ts')).reverse(session, given)),
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
    allowPositionals: true,
    most: 1,
    examples: [['shared-ledger lots ada', 'what ada has until when']],
    run: (given) => runInSession(given, async (session) => (await import('./lots.ts')).lots(session, given)),
  }),
  defineCommand({
    name: 'freeze',
    usage: 'OWNER --reason TEXT [--spending]',
    does: 'lets nothing be posted to an account',
    notes: 'The app needs the account operations, and the key the scope admin',
    options: {
      ...stateOptions,
      spending: { type: 'boolean', default: false, about: 'lets credits in, and none out' },
    },
    allowPositionals: true,
    most: 1,
    examples: [['shared-ledger freeze ada --reason chargeback --dry-run', 'what it would come to']],
    run: (given) =>
      runInSession(given, async (session) =>
        (await import('./account-states.ts')).setState(session, given, {
          usual: given.values.spending ? 'SPENDING_FROZEN' : 'ACCOUNT_FROZEN',
          question: 'Freeze it?',
        }),
      ),
  }),
  defineCommand({
    name: 'reopen',
    usage: 'OWNER --reason TEXT',
    does: 'opens an account that was frozen or closed',
    notes: 'The app needs the account operations, and the key the scope admin',
    options: stateOptions,
    allowPositionals: true,
    most: 1,
    examples: [['shared-ledger reopen ada --reason settled', 'asks, and opens it']],
    run: (given) =>
      runInSession(given, async (session) =>
        (await import('./account-states.ts')).setState(session, given, {
          usual: 'ACCOUNT_OPENED',
          question: 'Open it?',
        }),
      ),
  }),
  defineCommand({
    name: 'close',
    usage: 'OWNER --reason TEXT',
    does: 'closes an account of 0',
    notes: 'The app needs the account operations, and the key the scope admin',
    options: stateOptions,
    allowPositionals: true,
    most: 1,
    examples: [['shared-ledger close ada --reason left', 'asks, and closes it']],
    run: (given) =>
      runInSession(given, async (session) =>
        (await import('./account-states.ts')).setState(session, given, {
          usual: 'ACCOUNT_CLOSED',
          question: 'Close it?',
        }),
      ),
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
        choices: ['hour', 'day', 'month'],
        about: 'hour, day or month',
      },
      operation,
      bars: { type: 'boolean', default: false, about: 'draws what came in and went out' },
    },
    allowPositionals: true,
    most: 1,
    examples: [
      ['shared-ledger summary --per month', 'the whole app by month'],
      ['shared-ledger summary ada --from 2026-11-01 --bars', "what came in and went out of ada's account"],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./summary.ts')).summary(session, given)),
  }),
  defineCommand({
    name: 'tail',
    usage: '[OWNER] [--operation NAMES]',
    does: 'prints the entries of an owner, or of the whole app, as they are posted',
    options: {
      ...targetOptions,
      operation,
      metadata,
      after,
      'from-start': { type: 'boolean', default: false, about: 'from the first entry on' },
      'cursor-file': {
        type: 'string',
        value: 'FILE',
        about: 'keeps its place in a file, and goes on from there',
      },
    },
    allowPositionals: true,
    most: 1,
    examples: [
      ['shared-ledger tail', 'new entries of the app'],
      ['shared-ledger tail ada --operation CREDIT_SPEND', 'what ada spends from now on'],
      ['shared-ledger tail ada --cursor-file ada.cursor --json', 'each entry once, over several runs'],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./tail.ts')).tail(session, given), {
        attempts: tailAttempts,
      }),
  }),
  defineCommand({
    name: 'export',
    usage: '[OWNER] [--out FILE] [--format csv]',
    does: "writes entries, oldest first, and checks them against the ledger's own counts and sums",
    options: {
      ...targetOptions,
      out: { type: 'string', value: 'FILE', about: 'a file; stdout when left out' },
      format: {
        type: 'string',
        default: 'jsonl',
        value: 'FORMAT',
        choices: ['jsonl', 'csv'],
        about: 'jsonl or csv',
      },
      operation,
      from,
      to,
      restart: { type: 'boolean', default: false, about: 'begins again, in place of going on' },
    },
    allowPositionals: true,
    most: 1,
    examples: [
      ['shared-ledger export --out entries.jsonl', 'all entries of the app'],
      ['shared-ledger export ada --out ada.csv --format csv --from 2026-11-01', 'those since November began'],
      ['shared-ledger export ada | gzip > ada.jsonl.gz', 'without a file between'],
    ],
    run: (given) =>
      runInSession(given, async (session) => (await import('./export.ts')).exportEntries(session, given)),
  }),
  defineCommand({
    name: 'operations',
    usage: '',
    does: 'lists what the app can do with credits',
    options: { ...targetOptions },
    examples: [['shared-ledger operations', 'with their amounts and limits']],
    run: (given) =>
      runInSession(given, async (session) => (await import('./operations.ts')).operations(session)),
  }),
  defineCommand({
    name: 'profiles',
    usage: '',
    does: 'lists the profiles: where apps are, and with which key',
    options: { json: targetOptions.json },
    examples: [['shared-ledger profiles', 'without the keys']],
    run: async (given) => (await import('./profile-commands.ts')).profiles(given),
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
    allowPositionals: true,
    most: 1,
    examples: [
      ['shared-ledger profiles add local --url http://localhost:4001', 'an app without keys'],
      [
        'shared-ledger profiles add live --url https://ledger.example.org --key-file key',
        'its key is in a file',
      ],
    ],
    run: async (given) => (await import('./profile-commands.ts')).addProfile(given),
  }),
  defineCommand({
    name: 'profiles use',
    usage: 'NAME',
    does: 'uses a profile from now on',
    options: {},
    allowPositionals: true,
    most: 1,
    examples: [['shared-ledger profiles use live', 'for every later command']],
    run: async (given) => (await import('./profile-commands.ts')).useProfile(given),
  }),
  defineCommand({
    name: 'profiles remove',
    usage: 'NAME',
    does: 'forgets a profile and its key',
    options: { yes: writeOptions.yes },
    allowPositionals: true,
    most: 1,
    examples: [['shared-ledger profiles remove live -y', 'without a question']],
    run: async (given) => (await import('./profile-commands.ts')).removeProfile(given),
  }),
]
