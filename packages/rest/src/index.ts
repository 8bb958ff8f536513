export { checkMediaType, parseJson } from './body.ts'
export { type Contract, readContract } from './contract.ts'
export type { Execute, RunDocument, Variables } from './execute.ts'
export { balanceData, dateTimeData, entryData, restEntry } from './graph.ts'
export { idempotencyKeyHeader } from './nonce.ts'
export type { OpenApiDocument } from './openapi.ts'
export {
  type FieldProblem,
  Problem,
  type ProblemExtensions,
  problem,
  problemAnswer,
  type RestAnswer,
} from './problem.ts'
export {
  type ProblemCode,
  type ProblemTable,
  type ProblemType,
  problemPath,
  problems,
  type RestErrorCode,
} from './problems.ts'
export type { RequestShapes } from './request.ts'
export { createRest, type Rest, type RestOptions, type RestRequest } from './rest.ts'
export { defineRoute, type Replay, type Route, type RouteDefinition } from './route.ts'
export { methodNotAllowed } from './router.ts'
export * as shapes from './shapes.ts'
export { parseTarget, splitTarget, type Target } from './target.ts'
