import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/**
 * Returns the packages that a built package imports and its package.json does not name. Node finds them in this project,
 * but not in a project that installs the package. The types of a package can be a package `@types/…`, which users need too.
 */
export function undeclaredImports(pkgDir: string, manifest: Manifest, root: string): string[] {
  const declared = new Set([
    manifest.name,
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
  ])
  const found = filesOf(pkgDir).flatMap((file) => {
    const names = importsOf(readFileSync(join(pkgDir, file), 'utf8'))
    const types = file.endsWith('.d.ts') ? names.map(typesOf).filter((name) => isInstalled(name, root)) : []
    return [...names, ...types].filter((name) => !declared.has(name)).map((name) => `${name} (${file})`)
  })
  return [...new Set(found)]
}

/** The files of a package that Node and the compiler read: its build and its programs. */
function filesOf(pkgDir: string): string[] {
  return ['dist', 'bin']
    .filter((folder) => existsSync(join(pkgDir, folder)))
    .flatMap((folder) =>
      readdirSync(join(pkgDir, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => /\.(?:m?js|d\.ts)$/.test(file))
}

/** Returns the packages that a module imports. Comments are removed first, because examples in them have imports. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '')
  const specifiers = [...code.matchAll(/(?:\bfrom |\bimport |\bimport\()['"]([^'"]+)['"]/g)].map(
    ([, specifier = '']) => specifier,
  )
  return specifiers
    .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
}

function typesOf(name: string): string {
  return `@types/${name.replace(/^@(.+)\//, '$1__')}`
}

function isInstalled(name: string, root: string): boolean {
  return existsSync(join(root, 'node_modules', name))
}
