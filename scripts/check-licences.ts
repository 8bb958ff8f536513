import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { licencesOf, notAllowed } from './licences.ts'

// Counts the project's dependencies by licence, and fails when one is not allowed. `--list` names all.
const sbom = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only'], {
  cwd: join(import.meta.dirname, '..'),
  encoding: 'utf8',
})
const licensed = licencesOf(sbom)
for (const licence of [...new Set(licensed.map(({ licence }) => licence))].sort()) {
  const dependencies = licensed.filter((each) => each.licence === licence).map((each) => each.dependency)
  const listed = process.argv.includes('--list') ? dependencies : []
  console.log([`${licence ?? 'no licence'}: ${dependencies.length}`, ...listed].join('\n  '))
}
const refused = notAllowed(licensed)
if (refused.length > 0) {
  const named = refused.map(({ dependency, licence }) => `${dependency} (${licence ?? 'no licence'})`)
  console.error(
    `Not allowed: ${named.join(', ')}. Read the licence, and add it to scripts/licences.ts, or do without the package.`,
  )
  process.exitCode = 1
}
