-- The app's operations, from apps/freelance/src/operations.ts: adds PROJECT_GOODWILL.
SELECT ledger.set_operations('freelance', ARRAY[
  'DAILY_REWARD',
  'SIGNUP_CREDIT',
  'CREDIT_SPEND',
  'CREDIT_ADD',
  'TRANSFER_OUT',
  'TRANSFER_IN',
  'PROJECT_PAYMENT',
  'PROJECT_SPENDING',
  'PROJECT_GOODWILL'
]);
