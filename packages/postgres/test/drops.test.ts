import { expect, test } from 'vitest'
import { dropsOf } from '../src/migrations/drops.ts'

test('the tables and columns that a script drops are named, and nothing else', () => {
  const script = `-- DropForeignKey
ALTER TABLE "accesses" DROP CONSTRAINT "accesses_content_id_fkey";

-- DropIndex
DROP INDEX "contents_owner_id_idx";

-- AlterTable
ALTER TABLE "contents" DROP COLUMN "body",
DROP COLUMN "a ""quoted"" one",
ADD COLUMN     "text" TEXT NOT NULL;

-- AlterTable
ALTER TABLE "kept" ADD COLUMN     "note" TEXT;

-- DropTable
DROP TABLE "accesses";

-- DropTable
DROP TABLE "content"."boosts";
`
  expect(dropsOf(script)).toEqual([
    'column "contents"."body"',
    'column "contents"."a ""quoted"" one"',
    'table "accesses"',
    'table "content"."boosts"',
  ])
})

test('a script that drops nothing has no drops', () => {
  expect(dropsOf('')).toEqual([])
  expect(dropsOf('CREATE TABLE "boosts" ("id" INTEGER NOT NULL);')).toEqual([])
})
