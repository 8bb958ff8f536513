-- Rows of every kind, as they are after the ledger's migration that this file is named after. Entries: plain ones, of 0
-- credits, of a retired operation, with metadata, of a transfer, and of a transaction with several lines of one owner.
-- Corrections: a refund, a reversal of a whole transaction, a capture. An overdraft in use. Holds: live, expired,
-- released and captured.

SELECT ledger.set_operations('games', ARRAY[
  'DAILY_REWARD',
  'SIGNUP_CREDIT',
  'CREDIT_SPEND',
  'CREDIT_ADD',
  'TRANSFER_OUT',
  'TRANSFER_IN',
  'GAME_VISIT',
  'GAME_TICKET',
  'GAME_FEE'
], retired => ARRAY['GAME_FEE']);

INSERT INTO ledger.accounts (book, owner_id, balance, overdraft, held, holds_expire_on, seq, created_on, updated_on) VALUES
  ('games', 'ada', 63, 0, 1, '2026-11-29 13:01:00+00', 11, '2026-11-29 12:00:00+00', '2026-11-29 13:00:00+00'),
  ('games', 'bob', 23, 0, 6, '2026-12-29 13:00:00+00', 4, '2026-11-29 13:00:00+00', '2026-11-29 13:00:00+00'),
  ('games', 'cyd', -30, 50, 0, NULL, 1, '2026-11-29 13:00:00+00', '2026-11-29 13:00:00+00');

INSERT INTO ledger.entries (app, book, owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on, reverses, refunds, hold_id) VALUES
  ('games', 'games', 'ada', 1, 1, 'CREDIT_ADD', 100, 100, 'plain', 1, '01a226c8-b8b5-743b-8129-19521cfc0fce', E'{"from": "shop", "note": "élan \\"x\\""}', '2026-11-29 12:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'ada', 2, 2, 'GAME_VISIT', 0, 100, 'of nothing', 1, '01a226c8-baec-7a97-895a-533c40b50c6c', '{}', '2026-11-29 12:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'ada', 3, 3, 'GAME_FEE', -1, 99, 'retired', 1, '01a226c8-bbaa-73ae-8dde-7c327ed9a500', '{}', '2026-11-29 12:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'ada', 4, 4, 'GAME_TICKET', -10, 89, 'refunded', 1, '01a226c8-bbcf-7b72-86ea-3657dab6538f', '{}', '2026-11-29 13:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'ada', 5, 5, 'GAME_TICKET', 4, 93, 'refund', 1, '01a226c8-bc01-701f-80e9-6b571331f2e2', '{}', '2026-11-29 13:00:00+00', NULL, 4, NULL),
  ('games', 'games', 'ada', 6, 6, 'TRANSFER_OUT', -20, 73, 'transfer', 1, '01a226c8-bc1c-7fec-8e88-07752b167898', '{}', '2026-11-29 13:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'bob', 1, 7, 'TRANSFER_IN', 20, 20, 'transfer', 1, '01a226c8-bc1c-7fec-8e88-07752b167898', '{}', '2026-11-29 13:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'ada', 7, 8, 'TRANSFER_OUT', -5, 68, 'reversed', 1, '01a226c8-bc3e-7bd0-82ef-69ee9ce5b189', '{}', '2026-11-29 13:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'bob', 2, 9, 'TRANSFER_IN', 5, 25, 'reversed', 1, '01a226c8-bc3e-7bd0-82ef-69ee9ce5b189', '{}', '2026-11-29 13:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'bob', 3, 10, 'TRANSFER_IN', -5, 20, 'reversal', 1, '01a226c8-bc5e-7bc4-8072-83f709b500ca', '{}', '2026-11-29 13:00:00+00', 9, NULL, NULL),
  ('games', 'games', 'ada', 8, 11, 'TRANSFER_OUT', 5, 73, 'reversal', 1, '01a226c8-bc5e-7bc4-8072-83f709b500ca', '{}', '2026-11-29 13:00:00+00', 8, NULL, NULL),
  ('games', 'games', 'ada', 9, 12, 'GAME_TICKET', -1, 72, 'transaction', 1, '01a226c8-bc73-786d-8974-6e4906fd879d', '{}', '2026-11-29 13:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'ada', 10, 13, 'GAME_TICKET', -2, 70, 'transaction', 2, '01a226c8-bc73-786d-8974-6e4906fd879d', '{}', '2026-11-29 13:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'bob', 4, 14, 'CREDIT_ADD', 3, 23, 'transaction', 1, '01a226c8-bc73-786d-8974-6e4906fd879d', '{}', '2026-11-29 13:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'cyd', 1, 15, 'CREDIT_SPEND', -30, -30, 'overdrawn', 1, '01a226c8-bca6-77e4-846c-3a743fb7dcac', '{}', '2026-11-29 13:00:00+00', NULL, NULL, NULL),
  ('games', 'games', 'ada', 11, 16, 'GAME_TICKET', -7, 63, 'capture', 1, '01a226c8-bd14-740e-8483-0c069c9afd47', '{}', '2026-11-29 13:00:00+00', NULL, NULL, 3);

INSERT INTO ledger.holds (app, book, owner_id, id, operation, amount, nonce, metadata, created_on, expires_on, released_on, captured_by) VALUES
  ('games', 'games', 'ada', 1, 'CREDIT_SPEND', 1, 'expired', '{}', '2026-11-29 13:00:00+00', '2026-11-29 13:01:00+00', NULL, NULL),
  ('games', 'games', 'ada', 2, 'CREDIT_SPEND', 2, 'released', '{}', '2026-11-29 13:00:00+00', '2026-11-30 13:00:00+00', '2026-11-29 13:00:00+00', NULL),
  ('games', 'games', 'ada', 3, 'GAME_TICKET', 9, 'captured', '{}', '2026-11-29 13:00:00+00', '2026-11-30 13:00:00+00', '2026-11-29 13:00:00+00', 16),
  ('games', 'games', 'bob', 4, 'CREDIT_SPEND', 6, 'held', '{}', '2026-11-29 13:00:00+00', '2026-12-29 13:00:00+00', NULL, NULL);

SELECT setval('ledger.entries_id_seq', (SELECT max(id) FROM ledger.entries)),
       setval(pg_get_serial_sequence('ledger.holds', 'id'), (SELECT max(id) FROM ledger.holds));
