/** Adds a folder to the workspaces of a package.json. Returns the same text when a workspace covers the folder. */
export function withWorkspace(manifest: string, folder: string): string {
  const parsed: { workspaces?: string[] | { packages?: string[] } } = JSON.parse(manifest)
  const { workspaces = [] } = parsed
  const patterns = Array.isArray(workspaces) ? workspaces : (workspaces.packages ?? [])
  if (patterns.some((pattern) => covers(pattern, folder))) return manifest
  const added = [...patterns, folder]
  const changed = {
    ...parsed,
    workspaces: Array.isArray(workspaces) ? added : { ...workspaces, packages: added },
  }
  return `${JSON.stringify(changed, null, 2)}\n`
}

/** Whether a workspace pattern, such as `apps/*`, has a folder. */
function covers(pattern: string, folder: string): boolean {
  const [plain, all] = /^(?:\.\/)?(.*?)(\/\*\*?)?\/?$/.exec(pattern)?.slice(1) ?? []
  if (all === undefined) return plain === folder
  return all === '/**' ? folder.startsWith(`${plain}/`) : folder.slice(0, folder.lastIndexOf('/')) === plain
}
