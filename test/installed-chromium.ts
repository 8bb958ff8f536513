import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

/** A Chromium to start, and the environment that it needs. */
export interface ChromiumExecutable {
  readonly executablePath: string
  readonly env: Readonly<Record<string, string>>
}

const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const macApps = ['Google Chrome', 'Chromium'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
)

/** Returns the Chromium in CHROMIUM_PATH if that is set, else the first one found on this machine. */
export function installedChromium(): ChromiumExecutable | undefined {
  const chosen = process.env.CHROMIUM_PATH
  if (chosen && !existsSync(chosen)) throw new Error(`CHROMIUM_PATH names no file: ${chosen}`)
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const candidates = [
    ...commands.flatMap((command) => folders.map((folder) => join(folder, command))),
    ...macApps,
    chromium.executablePath(),
  ]
  const executablePath = chosen || candidates.find((path) => existsSync(path))
  return executablePath ? { executablePath, env: {} } : undefined
}
