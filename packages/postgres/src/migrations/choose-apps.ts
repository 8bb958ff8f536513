import path from 'node:path'
import { type App, appOf, appsOf, LEDGER } from '../project.ts'

/** Returns the named apps, or all apps, that have the file. An unknown name is refused with the list of these apps. */
export function chooseApps(
  root: string,
  names: readonly string[] | undefined,
  file: Exclude<keyof App, 'folder'> = 'operations',
): string[] {
  const known = appsOf(root, file)
  if (names === undefined) return known
  for (const name of names) {
    if (!known.includes(name)) {
      const list = known.length > 0 ? `The apps are: ${known.join(', ')}.` : 'There are no apps yet.'
      const missing = path.relative(root, appOf(root, name)[file])
      throw new Error(`There is no app "${name}" with an ${missing}. ${list}`)
    }
  }
  return known.filter((name) => names.includes(name))
}

/** Refuses a name that is neither `ledger` nor an app's. */
export function checkHistory(root: string, name: string): void {
  if (name !== LEDGER) chooseApps(root, [name])
}
