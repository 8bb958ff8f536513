-- CreateTable
CREATE TABLE "contents" (
    "id" SERIAL NOT NULL,
    "owner_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "entry_id" BIGINT NOT NULL,
    "created_on" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "contents_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "contents_entry_id_key" ON "contents"("entry_id");

-- CreateIndex
CREATE INDEX "contents_owner_id_id_idx" ON "contents"("owner_id", "id");

-- CreateTable
CREATE TABLE "accesses" (
    "id" SERIAL NOT NULL,
    "content_id" INTEGER NOT NULL,
    "owner_id" TEXT NOT NULL,
    "entry_id" BIGINT NOT NULL,
    "created_on" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "accesses_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "accesses_entry_id_key" ON "accesses"("entry_id");

-- CreateIndex
CREATE INDEX "accesses_content_id_idx" ON "accesses"("content_id");

-- AddForeignKey
ALTER TABLE "accesses" ADD CONSTRAINT "accesses_content_id_fkey" FOREIGN KEY ("content_id") REFERENCES "contents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
