-- Counts the blocks of tables and indexes that came from outside PostgreSQL's buffers.
SELECT coalesce(sum(reads), 0)::integer AS blocks
  FROM pg_stat_io WHERE backend_type = 'client backend' AND object = 'relation';
