import { ColumnTypeEnum, type SqlResultSet } from '@prisma/driver-adapter-utils'

// The engine describes a database by reading system catalogues, whose one-byte type "char" adapter-pg refuses.
// So the pool passes such a column as char(n) with a mark in its name, which goes when adapter-pg is done with it.
const CHAR = 18 // pg_type.oid
const BPCHAR = 1042
const MARK = '\u0000char'

/** The pool with marked "char" columns in the results of its `query`. */
export function markCharColumns<T extends object>(pool: T): T {
  return new Proxy(pool, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      if (property !== 'query') return member.bind(target)
      return async (...sent: unknown[]) => {
        const result: unknown = await Reflect.apply(member, target, sent)
        for (const field of fieldsOf(result)) {
          if (field.dataTypeID === CHAR) Object.assign(field, { dataTypeID: BPCHAR, name: field.name + MARK })
        }
        return result
      }
    },
  })
}

/** The result as the engine expects it: the marked columns under their own names, as characters. */
export function unmarkCharColumns(result: SqlResultSet): SqlResultSet {
  const marked = result.columnNames.map((name) => name.endsWith(MARK))
  return {
    ...result,
    columnNames: result.columnNames.map((name, i) => (marked[i] ? name.slice(0, -MARK.length) : name)),
    columnTypes: result.columnTypes.map((type, i) => (marked[i] ? ColumnTypeEnum.Character : type)),
  }
}

interface Field {
  dataTypeID: number
  name: string
}

function fieldsOf(result: unknown): Field[] {
  const fields: unknown =
    typeof result === 'object' && result !== null ? Reflect.get(result, 'fields') : undefined
  return Array.isArray(fields) ? fields.filter(isField) : []
}

function isField(field: unknown): field is Field {
  return typeof field === 'object' && field !== null && 'dataTypeID' in field && 'name' in field
}
