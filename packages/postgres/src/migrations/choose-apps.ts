import { appsOf, LEDGER } from '../project.ts'

/** The named apps, or all of them; a name that is not an app's is refused with the list of those that are. */
export function chooseApps(root: string, names: readonly string[] | undefined): string[] {
  const known = appsOf(root)
  if (names === undefined) return known
  for (const name of names) {
    if (!known.includes(name)) {
      const list = known.length > 0 ? `The apps are: ${known.join(', ')}.` : 'There are no apps yet.'
      throw new Error(`There is no app "${name}" with an apps/${name}/prisma/schema.prisma. ${list}`)
    }
  }
  return known.filter((name) => names.includes(name))
}

/** Refuses a name that is neither `ledger` nor an app's. */
export function chooseHistory(root: string, name: string): string {
  if (name === LEDGER) return name
  chooseApps(root, [name])
  return name
}
