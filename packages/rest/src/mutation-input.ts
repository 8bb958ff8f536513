import { type InputField, inputFieldsOf } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import { restFieldName } from './fields.ts'
import { nonce } from './shapes.ts'

const jsonTypes = {
  string: z.string(),
  id: z.string(),
  integer: z.int(),
  number: z.number(),
  boolean: z.boolean(),
} as const

/** The input of a mutation in a request: one part in the path, the rest in the body. */
interface MutationRequest {
  readonly params?: z.ZodObject
  readonly body: z.ZodObject
  /** Joins the parts of a request. */
  inputOf(parts: { readonly params?: unknown; readonly body: unknown }): Readonly<Record<string, unknown>>
}

/**
 * Splits a mutation's input. The fields in braces in the path come from there, the others from the body.
 *
 * @throws Error when the path names a field that the input does not have
 * @throws TypeError when the path names a field that is neither a string nor an id
 */
export function requestOf(path: string, input: z.ZodObject): MutationRequest {
  const fields = inputFieldsOf(input).map((field) => ({ ...field, restName: restFieldName(field.name) }))
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  const unknown = named.find((name) => fields.every(({ restName }) => restName !== name))
  if (unknown !== undefined) {
    const names = fields.map(({ restName }) => restName).join(', ')
    throw new Error(`The path ${path} has {${unknown}}, which is not in the input. The input has ${names}.`)
  }
  const mistyped = fields.find(({ restName, type }) => named.includes(restName) && !isText(type))
  if (mistyped !== undefined) {
    throw new TypeError(
      `The path ${path} has {${mistyped.restName}}, whose type is ${mistyped.type}. A path is text: name a string or an id there, or take the field from the body.`,
    )
  }
  const isInPath = ({ restName }: { restName: string }) => named.includes(restName)
  const shapes = (chosen: typeof fields) =>
    z.object(Object.fromEntries(chosen.map((field) => [field.restName, shapeOf(field)])))
  return {
    ...(named.length > 0 && { params: shapes(fields.filter(isInPath)) }),
    body: shapes(fields.filter((field) => !isInPath(field))),
    inputOf(parts) {
      const values: Readonly<Record<string, unknown>> = Object.assign({}, parts.params, parts.body)
      return Object.fromEntries(fields.map(({ name, restName }) => [name, values[restName]]))
    },
  }
}

function isText(type: InputField['type']): boolean {
  return type === 'string' || type === 'id'
}

/** Returns the JSON type of a field. The graph checks its value. */
function shapeOf({ name, type, required, description, examples }: InputField): z.ZodType {
  if (name === 'nonce') return nonce
  const shape = jsonTypes[type].meta({
    ...(description !== undefined && { description }),
    ...(examples && { examples: [...examples] }),
  })
  return required ? shape : shape.nullish()
}
