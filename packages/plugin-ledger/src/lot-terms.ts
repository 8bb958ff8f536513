import type { EnumRef } from '@pothos/core'
import { hasLots, type LotDefinition, type LotKind, lotPeriods } from '@shared-ledger/ledger'
import type { AnyLedger, BuilderTypes, LedgerBuilder } from './builder.ts'

/** The enum of kinds of lots. Undefined for an app without lots, whose graph does not speak of lots. */
export type LotKindRef = EnumRef<BuilderTypes, LotKind> | undefined

/** Adds the enum `LedgerLotKind` for an app with lots. */
export function addLotKind(builder: LedgerBuilder, { operations }: AnyLedger): LotKindRef {
  if (!hasLots(operations)) return undefined
  return builder.enumType('LedgerLotKind', {
    description:
      'Where the credits of a lot come from. Of two lots that are alike otherwise, the promotional one is spent first.',
    values: {
      PAID: { value: 'paid', description: 'They were bought.' },
      PROMOTIONAL: { value: 'promotional', description: 'They were given away.' },
    } satisfies Record<Uppercase<LotKind>, { value: LotKind; description: string }>,
  })
}

const periodDescriptions = {
  day: 'A day, until midnight.',
  week: 'A week, until Monday.',
  month: 'A month of the calendar.',
  year: 'A year of the calendar.',
} as const satisfies Record<(typeof lotPeriods)[number], string>

/** Adds the description of the lots that an operation makes. */
export function addLotTerms(builder: LedgerBuilder, LedgerLotKind: NonNullable<LotKindRef>) {
  const LedgerLotPeriod = builder.enumType('LedgerLotPeriod', {
    description: 'A period of the calendar in UTC, at whose end credits can expire.',
    values: Object.fromEntries(
      lotPeriods.map((value) => [value.toUpperCase(), { value, description: periodDescriptions[value] }]),
    ),
  })
  return builder.objectRef<LotDefinition>('LedgerLotTerms').implement({
    description:
      'When the credits of an operation expire, and in which order they are spent. With neither `days`, `endOf` nor `needsExpiresOn`, they never expire by themselves.',
    fields: (t) => ({
      days: t.int({
        nullable: true,
        description: 'They expire after so many days of 24 hours.',
        resolve: ({ expires }) => (isTime(expires) && 'days' in expires ? expires.days : null),
      }),
      endOf: t.field({
        type: LedgerLotPeriod,
        nullable: true,
        description: 'They expire at the end of this period.',
        resolve: ({ expires }) => (isTime(expires) && 'endOf' in expires ? expires.endOf : null),
      }),
      needsExpiresOn: t.boolean({
        nullable: false,
        description: 'Whether the input must say when they expire. If not, it may name an earlier moment.',
        resolve: ({ expires }) => expires === 'input',
      }),
      priority: t.int({
        nullable: false,
        description: '0 to 100. The lowest is spent first.',
        resolve: ({ priority = 50 }) => priority,
      }),
      kind: t.field({
        type: LedgerLotKind,
        nullable: false,
        description: 'Where the credits come from.',
        resolve: ({ kind = 'paid' }) => kind,
      }),
    }),
  })
}

function isTime(expires: LotDefinition['expires']): expires is Exclude<typeof expires, 'input' | null> {
  return expires !== null && expires !== 'input'
}
