import { type Command, defineCommand } from '../../command.ts'
import { formats } from '../choices.ts'
import { targetOptions } from '../target.ts'
import { after, from, metadata, operation, to } from './list-options.ts'
import { withSession } from './with-session.ts'

/** How often in a row a live list connects again: for some four minutes. */
const tailAttempts = 30

/** The commands that read entries for as long as it takes. */
export const streamCommands: readonly Command[] = [
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
    maxArguments: 1,
    examples: [
      ['shared-ledger tail', 'new entries of the app'],
      ['shared-ledger tail ada --operation CREDIT_SPEND', 'what ada spends from now on'],
      ['shared-ledger tail ada --cursor-file ada.cursor --json', 'each entry once, over several runs'],
    ],
    run: withSession(async () => (await import('../tail.ts')).tail, { attempts: tailAttempts }),
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
        choices: formats,
        about: 'jsonl or csv',
      },
      operation,
      from,
      to,
      restart: { type: 'boolean', default: false, about: 'begins again, in place of going on' },
    },
    maxArguments: 1,
    examples: [
      ['shared-ledger export --out entries.jsonl', 'all entries of the app'],
      ['shared-ledger export ada --out ada.csv --format csv --from 2026-11-01', 'those since November began'],
      ['shared-ledger export ada | gzip > ada.jsonl.gz', 'without a file between'],
    ],
    run: withSession(async () => (await import('../export.ts')).exportEntries),
  }),
]
