const NAME = '"(?:[^"]|"")+"'

/** Returns the tables and columns that a script of Prisma drops: `table "boosts"`, `column "contents"."note"`. */
export function dropsOf(script: string): string[] {
  const drops: string[] = []
  for (const statement of script.split(/;\s*$/m)) {
    const table = new RegExp(`^(ALTER|DROP) TABLE (${NAME}(?:\\.${NAME})?)`, 'm').exec(statement)
    if (table?.[1] === 'DROP') drops.push(`table ${table[2]}`)
    if (table?.[1] !== 'ALTER') continue
    for (const [, column] of statement.matchAll(new RegExp(`DROP COLUMN (${NAME})`, 'g'))) {
      drops.push(`column ${table[2]}.${column}`)
    }
  }
  return drops
}
