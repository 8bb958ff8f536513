-- The hash chain of an account. Each entry's hash is made from the hash before it and the entry's canonical form.
-- Whoever knows the last hash can see whether anything before it was changed. docs/engine.md has the form byte by byte.

-- Returns the canonical form of an entry, version 1: the fields of fixed size, the sizes of the texts, then the texts.
-- The last text, metadata, has no size and goes to the end. Numbers are big-endian. A moment is in microseconds since
-- 2000, as PostgreSQL keeps it. PostgreSQL inlines this function, also in an expression of PL/pgSQL: of the arguments,
-- only metadata may be a call.
CREATE OR REPLACE FUNCTION ledger.entry_form(
  app text, book text, owner_id text, seq bigint, id bigint, operation text, amount bigint, balance_after bigint, nonce text,
  place integer, transaction_id uuid, metadata jsonb, created_on timestamptz, reverses bigint, refunds bigint, hold_id bigint
) RETURNS bytea LANGUAGE sql STABLE
RETURN '\x01'::bytea || int8send(seq) || int8send(id) || int8send(amount) || int8send(balance_after) || int4send(place)
  || uuid_send(transaction_id) || timestamptz_send(created_on)
  || coalesce('\x08'::bytea || int8send(reverses), '\x00')
  || coalesce('\x08'::bytea || int8send(refunds), '\x00')
  || coalesce('\x08'::bytea || int8send(hold_id), '\x00')
  || int4send(octet_length(app)) || int4send(octet_length(book)) || int4send(octet_length(owner_id))
  || int4send(octet_length(operation)) || int4send(octet_length(nonce))
  || convert_to(app || book || owner_id || operation || nonce || metadata::text, 'UTF8');

-- Returns the hash of an entry: the hash before it and a digest of the form. With the digest, a later entry can be
-- linked without being shown.
CREATE OR REPLACE FUNCTION ledger.next_hash(before bytea, form bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN sha256(before || sha256(form));

-- Returns the value that takes the place of a hash before an account's first entry.
CREATE OR REPLACE FUNCTION ledger.chain_start(book text, owner_id text) RETURNS bytea LANGUAGE sql STABLE
RETURN sha256('shared-ledger/account/1'::bytea || int4send(octet_length(book)) || convert_to(book || owner_id, 'UTF8'));

-- The default of an entry's hash. Every posting function gives a hash. A function that began before the migration that
-- brought the chain, and goes on after it, ends here. Its request is sent again, and today's function posts it.
CREATE OR REPLACE FUNCTION ledger.refuse_unchained() RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an entry has the hash that follows from the one before it' USING ERRCODE = 'serialization_failure';
END $$;
