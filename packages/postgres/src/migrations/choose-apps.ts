import path from 'node:path'
import { type AppFile, appOf, appsOf, LEDGER } from '../project.ts'

/**
 * Returns the named apps, or all apps, that have the file.
 *
 * @throws Error for the name of an app without the file, and for an unknown name, with the list of all apps
 */
export function chooseApps(
  root: string,
  names: readonly string[] | undefined,
  file: AppFile = 'operations',
): string[] {
  const known = appsOf(root, file)
  if (names === undefined) return known
  for (const name of names) {
    if (!known.includes(name)) throw new Error(absenceOf(root, name, file))
  }
  return known.filter((name) => names.includes(name))
}

function absenceOf(root: string, name: string, file: AppFile): string {
  const files = appOf(root, name)
  const apps = appsOf(root)
  if (apps.includes(name)) return `The app ${name} has no ${path.relative(root, files[file])}.`
  const list = apps.length > 0 ? `The apps are: ${apps.join(', ')}.` : 'There are no apps yet.'
  return `There is no app "${name}" with an ${path.relative(root, files.operations)}. ${list}`
}

/** Refuses a name that is neither `ledger` nor an app's. */
export function checkHistory(root: string, name: string): void {
  if (name !== LEDGER) chooseApps(root, [name])
}
