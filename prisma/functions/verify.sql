-- Notes when an app was verified last, whether nothing was broken, and how many questions were asked.
CREATE OR REPLACE FUNCTION ledger.note_verify(app text, ok boolean, questions integer) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  noted CONSTANT json := json_build_object('on', ledger.epoch_ms(ledger.now()), 'ok', ok, 'questions', questions);
BEGIN
  UPDATE ledger.apps a SET last_verify = noted WHERE a.app = app;
END $$;

REVOKE ALL ON FUNCTION ledger.note_verify FROM PUBLIC;
