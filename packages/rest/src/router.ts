import { Problem, problem } from './problem.ts'
import type { Route } from './route.ts'

/** A route that fits a request, with the parameters of its path. */
export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/** Finds routes by method and decoded path segments. */
interface Router {
  /** @throws Problem NOT_FOUND, or METHOD_NOT_ALLOWED with Allow. */
  match(method: string, segments: readonly string[]): Match
  /** Returns the methods of a path, or none when no route has it. */
  methods(segments: readonly string[]): readonly string[]
}

/**
 * Creates a router. The first route that fits wins.
 *
 * @throws Error when two routes fit the same requests, because the second could never answer
 */
export function createRouter(routes: readonly Route[]): Router {
  assertDistinct(routes)
  const rows = routes.flatMap((route) =>
    pathsOf(route).map((path) => ({ route, pattern: path.slice(1).split('/') })),
  )

  const matches = (segments: readonly string[]): Match[] =>
    rows.flatMap(({ route, pattern }) => {
      const params = matchPattern(pattern, segments)
      return params ? [{ route, params }] : []
    })

  const methods = (found: readonly Match[]): string[] => {
    if (found.length === 0) return []
    const own = new Set(found.map(({ route }) => route.method.toUpperCase()))
    return [...own, ...(own.has('GET') ? ['HEAD'] : []), 'OPTIONS'].sort()
  }

  return {
    match(method, segments) {
      const found = matches(segments)
      const wanted = method === 'HEAD' ? 'GET' : method
      const match = found.find(({ route }) => route.method.toUpperCase() === wanted)
      if (match) return match
      if (found.length === 0) throw problem('NOT_FOUND')
      throw methodNotAllowed(methods(found))
    },
    methods: (segments) => methods(matches(segments)),
  }
}

/** Makes the refusal of a method that a path does not have. */
export function methodNotAllowed(allowed: readonly string[]): Problem {
  const allow = allowed.join(', ')
  return new Problem('METHOD_NOT_ALLOWED', `This path answers ${allow}.`, {}, { allow })
}

function pathsOf({ path, aliases }: Route): readonly string[] {
  return [path, ...aliases]
}

function assertDistinct(routes: readonly Route[]): void {
  const seen = new Set<string>()
  const assertNew = (name: string, message: string) => {
    if (seen.has(name)) throw new Error(message)
    seen.add(name)
  }
  for (const route of routes) {
    for (const path of pathsOf(route)) {
      const name = `${route.method.toUpperCase()} ${path}`
      const requests = name.replace(/\{\w+\}/g, '{}')
      assertNew(requests, `Two routes answer ${name}: an app's own needs another path.`)
    }
    const { operationId } = route
    assertNew(operationId, `Two routes have the operationId ${operationId}: an app's own needs another one.`)
  }
}

function matchPattern(
  pattern: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) params[part.slice(1, -1)] = segment
    else if (part !== segment) return undefined
  }
  return params
}
