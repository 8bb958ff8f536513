import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { timestampAfter } from '@shared-ledger/postgres'
import type { NewFile } from './new-folder.ts'

const own = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url))

/** The folder of the template: the files of a working app, with the name `sample` and the port 4999. */
const template = own('templates/app')

/** The fields of the root's package.json that the package.json of a new app repeats. */
interface RootManifest {
  readonly license?: unknown
  readonly author?: unknown
}

/** Returns the files of a new app. */
export function filesOfApp(
  app: string,
  { port, root }: { readonly port: number; readonly root: RootManifest },
): readonly NewFile[] {
  return readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(template, path.join(parentPath, name)))
    .sort()
    .map((file) => {
      const text = filledIn(readFileSync(path.join(template, file), 'utf8'), app, port)
      return {
        file: file.replace(
          /(?<=migrations\W)create\b/,
          (name) => `${timestampAfter(undefined, new Date())}_${name}`,
        ),
        text: file === 'package.json' ? manifestOf(text, root) : text,
      }
    })
}

/** Returns the packages that a new app depends on. A workspace of the same name would take their place. */
export function dependenciesOfApp(): readonly string[] {
  return Object.keys(templateManifest(readFileSync(path.join(template, 'package.json'), 'utf8')).dependencies)
}

function templateManifest(text: string): { readonly dependencies: Readonly<Record<string, string>> } {
  return JSON.parse(text)
}

function filledIn(text: string, app: string, port: number): string {
  return text.replace(/\bsample\b/g, app).replace(/\b4999\b/g, String(port))
}

/** Fills in a package.json, with the versions of dependencies that this package is tested with. */
function manifestOf(text: string, { license, author }: RootManifest): string {
  const { dependencies, ...manifest } = templateManifest(text)
  const {
    dependencies: used,
    devDependencies: tested,
  }: Record<string, Record<string, string>> = JSON.parse(readFileSync(own('package.json'), 'utf8'))
  const versions = { ...tested, ...used }
  const filled = {
    ...manifest,
    ...(typeof license === 'string' && { license }),
    ...(typeof author === 'string' && { author }),
    dependencies: Object.fromEntries(Object.keys(dependencies).map((name) => [name, versions[name]])),
  }
  return `${JSON.stringify(filled, null, 2)}\n`
}
