-- The app's operations, from apps/content/src/operations.ts: adds CONTENT_FEATURE.
SELECT ledger.set_operations('content', ARRAY[
  'DAILY_REWARD',
  'SIGNUP_CREDIT',
  'CREDIT_SPEND',
  'CREDIT_ADD',
  'CONTENT_CREATION',
  'CONTENT_FEATURE',
  'CONTENT_ACCESS'
]);
