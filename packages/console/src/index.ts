import * as typedDocuments from './generated/documents.ts'

/** The folder of the built files: index.html and what it loads. It is there after the build. */
export const files = new URL('../dist/app/', import.meta.url)

/** The paths of the console's screens. Each is served by index.html. */
export const paths = [
  '/console',
  '/console/owners',
  '/console/owner',
  '/console/entries',
  '/console/entry',
  '/console/transaction',
  '/console/post',
  '/console/live',
  '/console/health',
] as const

/** All that the console asks a graph, with the parts that only some apps have. */
export const documents = Object.values(typedDocuments)
