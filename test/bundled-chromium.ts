import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ChromiumExecutable } from './installed-chromium.ts'

const packageFolder = fileURLToPath(new URL('..', import.meta.resolve('@sparticuz/chromium')))
const cacheFolder = fileURLToPath(new URL('../node_modules/.cache', import.meta.url))

/**
 * The package unpacks into the temporary folder, under fixed names. So it runs in a process with its own temporary
 * folder.
 */
const unpackScript = `
  import chromium, { inflate } from '@sparticuz/chromium'
  await chromium.executablePath()
  await inflate(${JSON.stringify(join(packageFolder, 'bin/al2023.tar.br'))})
`

/** Returns the Chromium inside @sparticuz/chromium, for x64 Linux, with its fonts and libraries. It is unpacked once. */
export async function bundledChromium(): Promise<ChromiumExecutable> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('The browser tests need Chromium. Install it, or set CHROMIUM_PATH.')
  }
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'))
  const folder = join(cacheFolder, `chromium-${version}`)
  if (!existsSync(folder)) await unpack(folder)
  return {
    executablePath: join(folder, 'chromium'),
    env: { FONTCONFIG_FILE: join(folder, 'fonts.conf'), LD_LIBRARY_PATH: join(folder, 'al2023/lib') },
  }
}

/** Unpacks beside the folder and moves the result there, because other test processes may do the same. */
async function unpack(folder: string): Promise<void> {
  await mkdir(cacheFolder, { recursive: true })
  const staging = await mkdtemp(`${folder}-`)
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', unpackScript], {
      cwd: packageFolder,
      env: { ...process.env, TMPDIR: staging },
    })
    await writeFile(join(staging, 'fonts.conf'), fontsConf(folder))
    await rename(staging, folder).catch((error) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Lists the machine's fonts, and the package's fonts for those that are missing. */
function fontsConf(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${folder}/fonts/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`
}
