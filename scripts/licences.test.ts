import { expect, test } from 'vitest'
import { licencesOf, notAllowed } from './licences.ts'

const sbom = (components: readonly object[]) => JSON.stringify({ bomFormat: 'CycloneDX', components })
const licensed = (name: string, ...licenses: object[]) => ({ name, version: '1.0.0', licenses })

test('a dependency without a licence, or with one that is not allowed, is named', () => {
  const found = licencesOf(
    sbom([
      licensed('free', { license: { id: 'MIT' } }),
      licensed('choice', { license: { id: '(MPL-2.0 OR Apache-2.0)' } }),
      licensed('copyleft', { license: { id: 'AGPL-3.0-only' } }),
      licensed('both', { license: { id: 'MIT' } }, { license: { id: 'GPL-3.0-only' } }),
      { name: 'silent', version: '1.0.0' },
    ]),
  )
  expect(notAllowed(found)).toEqual([
    { dependency: 'copyleft@1.0.0', licence: 'AGPL-3.0-only' },
    { dependency: 'both@1.0.0', licence: 'MIT AND GPL-3.0-only' },
    { dependency: 'silent@1.0.0', licence: undefined },
  ])
})

test('a licence that was read from a file applies to one version', () => {
  const versions = ['1.2.0', '1.2.1'].map((version) => ({ name: 'decko', version }))
  expect(licencesOf(sbom(versions)).map(({ licence }) => licence)).toEqual(['MIT', undefined])
})
