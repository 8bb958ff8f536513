-- The app's operations, from apps/content/src/operations.ts: adds CREDIT_EXPIRED, CREDIT_VOIDED.
SELECT ledger.set_operations('content', ARRAY[
  'DAILY_REWARD',
  'SIGNUP_CREDIT',
  'CREDIT_SPEND',
  'CREDIT_ADD',
  'CREDIT_EXPIRED',
  'CREDIT_VOIDED',
  'CONTENT_CREATION',
  'CONTENT_FEATURE',
  'CONTENT_ACCESS'
]);
