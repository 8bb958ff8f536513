import packageJson from '../package.json' with { type: 'json' }

const { version, license } = packageJson

/** What openapi.json says of the app. */
export const info = {
  version,
  license: { name: license, identifier: license },
  contact: { name: 'The Shared Ledger project' },
}
