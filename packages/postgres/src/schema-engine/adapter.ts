import {
  type ColumnType,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import type pg from 'pg'

/**
 * Connects Prisma's schema engine to PostgreSQL through one of our connections. @prisma/adapter-pg cannot be used, because it
 * refuses the type "char" of the catalogues.
 */
export function adapterTo(connection: pg.Client, schema: string): SqlMigrationAwareDriverAdapterFactory {
  const kind = { provider: 'postgres', adapterName: 'shared-ledger' } as const
  const adapter: SqlDriverAdapter = {
    ...kind,
    async queryRaw({ sql, args }) {
      const { fields, rows } = await connection.query<unknown[]>({
        text: sql,
        values: args,
        rowMode: 'array',
      })
      return {
        columnNames: fields.map(({ name }) => name),
        columnTypes: fields.map(({ dataTypeID }) => columnTypeOf(dataTypeID)),
        rows,
      }
    },
    executeRaw: async ({ sql, args }) => (await connection.query(sql, args)).rowCount ?? 0,
    executeScript: async (script) => void (await connection.query(script)),
    startTransaction: () => Promise.reject(new Error('A comparison changes nothing.')),
    getConnectionInfo: () => ({ schemaName: schema, supportsRelationJoins: true }),
    dispose: async () => {},
  }
  return {
    ...kind,
    connect: async () => adapter,
    connectToShadowDb: () => Promise.reject(new Error('A comparison needs no database of its own.')),
  }
}

/** The types of the columns in PostgreSQL's catalogues and in the history, by their oid in pg_type. */
const columnTypes: Readonly<Record<number, ColumnType>> = {
  16: ColumnTypeEnum.Boolean,
  18: ColumnTypeEnum.Character, // "char"
  19: ColumnTypeEnum.Text, // name
  20: ColumnTypeEnum.Int64,
  21: ColumnTypeEnum.Int32,
  23: ColumnTypeEnum.Int32,
  25: ColumnTypeEnum.Text,
  26: ColumnTypeEnum.Int64, // oid
  1009: ColumnTypeEnum.TextArray,
  1043: ColumnTypeEnum.Text, // varchar
  1184: ColumnTypeEnum.DateTime, // timestamptz
}

function columnTypeOf(oid: number): ColumnType {
  const type = columnTypes[oid]
  if (type === undefined)
    throw new Error(`Prisma's schema engine asks for a column of the type with oid ${oid}.`)
  return type
}
