export { acceptedTypes } from './accept.ts'
export { checkMediaType, parseJson } from './body.ts'
export { parseExactJson } from './exact-json.ts'
export type { Asker, Execute } from './execute.ts'
export {
  restEntry,
  restPostedEntry,
  restPostedTransaction,
} from './graph.ts'
export { isObject } from './json.ts'
export { isTooDeep } from './json-depth.ts'
export { defineMutationRoute, type MutationRouteDefinition } from './mutation-route.ts'
export type { AppInfo } from './openapi.ts'
export { probePaths } from './openapi-health.ts'
export { Problem, problem, problemAnswer, type RestAnswer } from './problem.ts'
export {
  maxBodyBytes,
  maxErrors,
  type ProblemTable,
  type ProblemType,
  problemPath,
  problems,
} from './problems.ts'
export { createRest } from './rest.ts'
export { defineRoute, type Route } from './route.ts'
export { methodNotAllowed } from './router.ts'
export { type GraphRow, rowReader } from './rows.ts'
export * as shapes from './shapes.ts'
export { parseTarget, splitTarget } from './target.ts'
