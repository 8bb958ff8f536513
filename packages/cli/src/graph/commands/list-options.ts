export const limit = { type: 'string', value: 'NUMBER', default: '20', about: 'how many at most' } as const
export const after = {
  type: 'string',
  value: 'CURSOR',
  about: 'goes on after this place of the list',
} as const
export const operation = {
  type: 'string',
  value: 'NAMES',
  about: 'only entries of these operations, separated by commas',
} as const
export const from = {
  type: 'string',
  value: 'MOMENT',
  about: 'only entries from this moment on, such as 2026-11-30',
} as const
export const to = { type: 'string', value: 'MOMENT', about: 'only entries before this moment' } as const
export const metadata = {
  type: 'string',
  value: 'KEY=VALUE',
  about: 'only entries with this pair in their metadata',
} as const
