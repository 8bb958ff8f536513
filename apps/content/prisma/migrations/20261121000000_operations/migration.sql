-- The content app's operations: the shared ones, then its own.
SELECT ledger.set_operations('content', ARRAY[
  'DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD',
  'CONTENT_CREATION', 'CONTENT_ACCESS'
]);
