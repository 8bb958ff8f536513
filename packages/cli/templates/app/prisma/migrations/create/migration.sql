-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "sample";

-- CreateTable
CREATE TABLE "purchases" (
    "id" SERIAL NOT NULL,
    "owner_id" TEXT NOT NULL,
    "item" TEXT NOT NULL,
    "entry_id" BIGINT NOT NULL,
    "created_on" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "purchases_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "purchases_entry_id_key" ON "purchases"("entry_id");

-- CreateIndex
CREATE INDEX "purchases_owner_id_id_idx" ON "purchases"("owner_id", "id");

-- The app's operations: the shared ones, then its own.
SELECT ledger.set_operations('sample', ARRAY[
  'DAILY_REWARD',
  'SIGNUP_CREDIT',
  'CREDIT_SPEND',
  'CREDIT_ADD',
  'PURCHASE'
]);
