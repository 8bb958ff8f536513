-- AlterTable
ALTER TABLE "projects" ADD COLUMN     "paid_on" TIMESTAMPTZ(3),
ADD COLUMN     "transaction_id" UUID;

-- CreateIndex
CREATE UNIQUE INDEX "projects_transaction_id_key" ON "projects"("transaction_id");

-- A paid project has both.
ALTER TABLE "projects" ADD CONSTRAINT "projects_paid" CHECK (num_nonnulls("transaction_id", "paid_on") <> 1);
