-- The freelance app's operations: the shared ones, then its own.
SELECT ledger.set_operations('freelance', ARRAY[
  'DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD',
  'PROJECT_PAYMENT', 'PROJECT_SPENDING'
]);
