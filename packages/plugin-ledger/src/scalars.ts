import type { LedgerMetadata } from '@shared-ledger/ledger'
import { GraphQLError, GraphQLScalarType } from 'graphql'
import { DateTimeResolver, SafeIntResolver } from 'graphql-scalars'
import type { LedgerBuilder } from './builder.ts'

const LedgerMetadataScalar = new GraphQLScalarType<LedgerMetadata, LedgerMetadata>({
  name: 'LedgerMetadata',
  description: 'A flat object of strings: at most 20 keys, and 4 KiB of UTF-8 in keys and values together.',
  serialize: toMetadata,
  parseValue: toMetadata,
})

/** Adds the scalars that the app has not added itself. */
export function addScalars(builder: LedgerBuilder): void {
  const add = <Name extends 'DateTime' | 'LedgerMetadata' | 'SafeInt'>(
    name: Name,
    scalar: Parameters<typeof builder.addScalarType<Name>>[1],
  ) => {
    if (!builder.configStore.hasImplementation(name)) builder.addScalarType(name, scalar)
  }
  add('DateTime', DateTimeResolver)
  add('LedgerMetadata', LedgerMetadataScalar)
  add('SafeInt', SafeIntResolver)
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
