/** What the Prisma CLI passes on the schema engine's command line. */
export interface EngineArguments {
  /** The schema.prisma files. */
  readonly datamodels: readonly string[]
  /** `{"url": …, "shadowDatabaseUrl": …}` from prisma.config.ts. */
  readonly datasource: { readonly url?: string; readonly shadowDatabaseUrl?: string }
  /** A single command (`cli can-connect-to-database`) in place of the conversation on stdin. */
  readonly command: string | undefined
}

/** Reads the command line; options that this engine has no use for are skipped with their values. */
export function parseArguments(argv: readonly string[]): EngineArguments {
  const datamodels: string[] = []
  let datasource: EngineArguments['datasource'] = {}
  let command: string | undefined
  for (let i = 0; i < argv.length; i += 2) {
    const [option, value] = [argv[i], argv[i + 1]]
    if (option === 'cli') command = value
    else if (option === '--datamodels' && value !== undefined) datamodels.push(value)
    else if (option === '--datasource' && value !== undefined) datasource = parseDatasource(value)
  }
  return { datamodels, datasource, command }
}

function parseDatasource(json: string): EngineArguments['datasource'] {
  const parsed: unknown = JSON.parse(json)
  if (typeof parsed !== 'object' || parsed === null) return {}
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(parsed, name)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const [url, shadowDatabaseUrl] = [text('url'), text('shadowDatabaseUrl')]
  return { ...(url && { url }), ...(shadowDatabaseUrl && { shadowDatabaseUrl }) }
}
