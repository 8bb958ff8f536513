import { inputFieldsOf } from '@shared-ledger/ledger'
import type { z } from 'zod'
import type { LedgerBuilder } from './builder.ts'

const typeNames = {
  string: 'String',
  id: 'ID',
  integer: 'SafeInt',
  number: 'Float',
  boolean: 'Boolean',
} as const

/**
 * Adds an input type with the fields of a zod object. Their types, descriptions, and whether they are required come
 * from the schema.
 */
export function addInput(builder: LedgerBuilder, name: string, schema: z.ZodObject) {
  return builder.inputType(name, {
    ...describedBy(schema),
    fields: (t) =>
      Object.fromEntries(
        inputFieldsOf(schema).map(({ name, type, required, ...field }) => [
          name,
          t.field({ type: typeNames[type], required, ...describedBy(field) }),
        ]),
      ),
  })
}

function describedBy({ description }: { readonly description?: string | undefined }) {
  return description === undefined ? {} : { description }
}
