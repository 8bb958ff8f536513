-- How many blocks of tables and indexes had to come from outside PostgreSQL's buffers, for those who ask it.
SELECT coalesce(sum(reads), 0)::integer AS blocks
  FROM pg_stat_io WHERE backend_type = 'client backend' AND object = 'relation';
