import type { Answered } from '../log-answer.ts'

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Returns a known method, or `other`. */
export const methodLabel = (method: string) => (methods.has(method) ? method : 'other')

/** The values of labels. There are few, and a client cannot add any: an unknown value becomes `other`. */
export function labelsOf(operations: readonly string[]) {
  const known = new Set(operations)
  return {
    operationLabel: (operation: string) => (known.has(operation) ? operation : 'other'),
    requestLabels: ({ method, route = 'other', status }: Answered) => ({
      method: methodLabel(method),
      route,
      status: String(status),
    }),
  }
}
