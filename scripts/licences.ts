import { z } from 'zod'

/** The parts of a component in npm's SBOM: https://cyclonedx.org */
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
interface Licensed {
  readonly dependency: string
  readonly licence: string | undefined
}

/** Licences that let anybody use, change and pass on the software, also in closed products. */
const allowed: ReadonlySet<string> = new Set([
  '(MPL-2.0 OR Apache-2.0)',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-3-Clause',
  'ISC',
  'MIT',
])

/** Packages whose licence is only in a file, with the licence that was read there for this version. */
const read: ReadonlyMap<string, string> = new Map([
  ['decko@1.2.0', 'MIT'],
  ['stickyfill@1.1.1', 'MIT'],
  ['url-template@2.0.8', 'BSD-3-Clause'],
])

/** Returns the dependencies with their licences, from the output of `npm sbom --sbom-format=cyclonedx`. */
export function licencesOf(sbom: string): Licensed[] {
  const { components } = z.object({ components: z.array(component) }).parse(JSON.parse(sbom))
  return components.map(({ name, version, licenses }) => {
    const dependency = `${name}@${version}`
    return { dependency, licence: licenses.join(' AND ') || read.get(dependency) }
  })
}

/** Returns the dependencies whose licence is not allowed yet. */
export function notAllowed(licensed: readonly Licensed[]): Licensed[] {
  return licensed.filter(({ licence }) => licence === undefined || !allowed.has(licence))
}
