-- Functions, from prisma/functions.

-- Returns the shard of an app's entries that has all of these owners, if it is on this node: then ledger.post_<shard>
-- and ledger.append_<shard> can post to its tables themselves. Otherwise returns null.
-- Before a shard moves away, Citus locks what is known of it, and of those of the same owners, on all nodes. The lock
-- here holds that up until the transaction ends, as it does for Citus's own statements. Where the shard is, is read after
-- the lock. So the tables stay the shard's as long as the transaction writes them.
CREATE OR REPLACE FUNCTION ledger.own_shard(app text, owner_ids text[]) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  SHARE_LOCK CONSTANT integer := 5;
  entries regclass := to_regclass('ledger.entries_' || app);
  shard bigint;
BEGIN
  IF NOT ledger.is_distributed() THEN
    -- While ledger.distribute is at work, the call waits for its end. From here on, another distribution waits for the call.
    LOCK TABLE ONLY ledger.accounts IN ROW EXCLUSIVE MODE;
    IF NOT ledger.is_distributed() THEN
      RETURN NULL;
    END IF;
  END IF;
  SELECT min(o.shard) INTO shard
    FROM (SELECT get_shard_id_for_distribution_column(entries, o.owner_id) AS shard FROM unnest(owner_ids) o (owner_id)) o
  HAVING min(o.shard) = max(o.shard);
  IF shard IS NOT NULL THEN
    PERFORM lock_shard_metadata(SHARE_LOCK, ARRAY[shard]);
  END IF;
  RETURN (SELECT p.shardid FROM pg_dist_placement p, pg_dist_local_group g WHERE p.shardid = shard AND p.groupid = g.groupid);
END $$;

-- Returns the version of the ledger's SQL in this database, and the oldest servers that it serves. A server has the version
-- in packages/ledger/src/database/version.ts. Every migration of the ledger raises the version. A migration that removes or
-- changes something that older servers use raises serves, too.
CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT 5, 1
$$;

REVOKE ALL ON FUNCTION ledger.version FROM PUBLIC;
