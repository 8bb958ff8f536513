import { z } from 'zod'

/** What a component of npm's SBOM says of itself: https://cyclonedx.org */
const component = z.object({
  name: z.string(),
  version: z.string(),
  licenses: z
    .array(
      z.union([
        z.object({ license: z.object({ id: z.string() }) }).transform(({ license }) => license.id),
        z.object({ expression: z.string() }).transform(({ expression }) => expression),
      ]),
    )
    .default([]),
})

/** A dependency and its licence, an SPDX expression. */
export interface Licensed {
  readonly dependency: string
  readonly licence: string | undefined
}

/** Licences that let anybody use, change and pass on what they are for, in closed products too. */
const allowed: ReadonlySet<string> = new Set([
  '(MPL-2.0 OR Apache-2.0)',
  'Apache-2.0',
  'BSD-3-Clause',
  'ISC',
  'MIT',
])

/** Packages that have their licence in a file alone: what that is, as it was read for this version. */
const read: ReadonlyMap<string, string> = new Map([
  ['decko@1.2.0', 'MIT'],
  ['stickyfill@1.1.1', 'MIT'],
  ['url-template@2.0.8', 'BSD-3-Clause'],
])

/** The dependencies in an SBOM that `npm sbom --sbom-format=cyclonedx` printed, with their licences. */
export function licencesOf(sbom: string): Licensed[] {
  const { components } = z.object({ components: z.array(component) }).parse(JSON.parse(sbom))
  return components.map(({ name, version, licenses }) => {
    const dependency = `${name}@${version}`
    return { dependency, licence: licenses.join(' AND ') || read.get(dependency) }
  })
}

/** Those whose licence nobody has allowed yet. */
export function notAllowed(licensed: readonly Licensed[]): Licensed[] {
  return licensed.filter(({ licence }) => licence === undefined || !allowed.has(licence))
}
