import { z } from 'zod'

/** Environment variables by their names. `setting` makes each. */
export type Settings = Readonly<Record<string, z.ZodType>>

/** The values of settings by their names. */
export type SettingsOf<Shape extends Settings> = z.output<z.ZodObject<Shape>>

interface SettingOptions {
  /** The text for a variable that is missing or empty. When left out, the schema gets undefined. */
  readonly fallback?: string
  /** Whether its value must never be shown. */
  readonly secret?: boolean
}

/**
 * Defines one environment variable. A custom issue of the schema is a complete sentence. For any other issue, the
 * message says what the variable must be.
 *
 * @param takes What it must be, in words: "a whole number from 0 to 65535".
 */
export function setting<Schema extends z.ZodType>(
  takes: string,
  schema: Schema,
  { fallback, secret = false }: SettingOptions = {},
) {
  const given = (value: unknown) => (value === undefined || value === '' ? fallback : value)
  return z.preprocess(given, schema).meta({ description: takes, secret })
}

/** A text that is a whole number. */
export function wholeNumber(from: number, to: number) {
  return z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(from).max(to))
}

/**
 * Reads settings. An empty variable counts as not set.
 *
 * @throws Error with a line for each wrong value that says what is right
 */
export function readSettings<Shape extends Settings>(
  settings: Shape,
  environment: NodeJS.ProcessEnv = process.env,
): SettingsOf<Shape> {
  const read = z.object(settings).safeParse(environment)
  if (read.success) return read.data
  const lines = read.error.issues.map(({ code, message, path: [name] }) =>
    code === 'custom' ? message : mustBe(settings, String(name), environment),
  )
  throw new Error([...new Set(lines)].join('\n'))
}

function mustBe(settings: Settings, name: string, environment: NodeJS.ProcessEnv): string {
  const { description, secret } = settings[name]?.meta() ?? {}
  const given = environment[name]
  if (given === undefined || given === '') return `${name} must be set: ${description}.`
  return `${name} must be ${description}${secret === true ? '' : `, not ${JSON.stringify(given.slice(0, 300))}`}.`
}
