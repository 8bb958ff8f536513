-- The freelance app's operations: the shared ones, those of transfers, then its own.
SELECT ledger.set_operations('freelance', ARRAY[
  'DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD',
  'TRANSFER_OUT', 'TRANSFER_IN',
  'PROJECT_PAYMENT', 'PROJECT_SPENDING'
]);
