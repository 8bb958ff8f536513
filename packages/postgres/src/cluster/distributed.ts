import type pg from 'pg'

/** Whether the ledger is distributed over a cluster. False before its first migrations, too. */
export async function isLedgerDistributed(connection: pg.ClientBase): Promise<boolean> {
  const { rows } = await connection.query<{ known: boolean }>(
    "SELECT to_regproc('ledger.is_distributed') IS NOT NULL AS known",
  )
  if (!rows[0]?.known) return false
  const asked = await connection.query<{ distributed: boolean }>(
    'SELECT ledger.is_distributed() AS distributed',
  )
  return asked.rows[0]?.distributed === true
}
