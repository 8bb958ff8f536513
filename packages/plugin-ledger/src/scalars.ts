import { type LedgerMetadata, limits, parseMoment } from '@shared-ledger/ledger'
import { GraphQLError, GraphQLScalarType, valueFromASTUntyped } from 'graphql'
import { DateTimeResolver, SafeIntResolver } from 'graphql-scalars'
import type { LedgerBuilder } from './builder.ts'

const LedgerMetadataScalar = new GraphQLScalarType<LedgerMetadata, LedgerMetadata>({
  name: 'LedgerMetadata',
  description: `A flat object of strings: at most ${limits.metadataKeys} keys, and ${limits.metadataBytes / 1024} KiB of UTF-8 in keys and values together.`,
  serialize: toMetadata,
  parseValue: toMetadata,
})

const DateTimeScalar = new GraphQLScalarType<Date, Date>({
  ...DateTimeResolver.toConfig(),
  parseValue: toMoment,
  parseLiteral: (node) => toMoment(valueFromASTUntyped(node)),
})

/** Prisma reads a column of type BigInt as a bigint. */
const SafeIntScalar = new GraphQLScalarType({
  ...SafeIntResolver.toConfig(),
  serialize: (value) => SafeIntResolver.serialize(typeof value === 'bigint' ? Number(value) : value),
})

/** Adds the scalars that the app has not added. */
export function addScalars(builder: LedgerBuilder): void {
  const add = <Name extends 'DateTime' | 'LedgerMetadata' | 'SafeInt'>(
    name: Name,
    scalar: Parameters<typeof builder.addScalarType<Name>>[1],
  ) => {
    if (!builder.configStore.hasImplementation(name)) builder.addScalarType(name, scalar)
  }
  add('DateTime', DateTimeScalar)
  add('LedgerMetadata', LedgerMetadataScalar)
  add('SafeInt', SafeIntScalar)
}

function toMoment(value: unknown): Date {
  const moment = typeof value === 'string' ? parseMoment(value) : value
  if (moment instanceof Date && !Number.isNaN(moment.getTime())) return moment
  throw new GraphQLError('DateTime must be a date and time with its zone, such as 2026-11-21T10:15:30.000Z')
}

function toMetadata(value: unknown): LedgerMetadata {
  if (isMetadata(value)) return value
  throw new GraphQLError('LedgerMetadata is a flat object of strings, such as {"colour": "red"}')
}

function isMetadata(value: unknown): value is LedgerMetadata {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((part) => typeof part === 'string')
  )
}
