import type pg from 'pg'
import { onEveryNode } from './every-node.ts'

/** What Citus needs of the configuration of each node, beyond what it sets by itself. */
interface Needed {
  readonly setting: string
  /** SQL that says whether the setting is right. */
  readonly isRight: string
  readonly wanted: string
  /** What happens otherwise. */
  readonly else: string
}

const needed: readonly Needed[] = [
  {
    setting: 'wal_level',
    isRight: "current_setting('wal_level') = 'logical'",
    wanted: 'logical',
    else: 'shards do not move while their owners post',
  },
  {
    setting: 'max_worker_processes',
    isRight: "current_setting('max_worker_processes')::int >= 16",
    wanted: '16 or more',
    else: 'shards may not move',
  },
  {
    setting: 'max_prepared_transactions',
    isRight: "current_setting('max_prepared_transactions')::int >= current_setting('max_connections')::int",
    wanted: 'at least max_connections',
    else: 'transfers between nodes fail when many are under way',
  },
  {
    setting: 'citus.recover_2pc_interval',
    isRight: `(SELECT setting::int BETWEEN 0 AND 10000 FROM pg_settings WHERE name = 'citus.recover_2pc_interval')`,
    wanted: '10s or less',
    else: 'what a crash left half committed keeps its owners waiting for longer',
  },
]

const wrong = `
  SELECT coalesce(json_agg(json_build_object('setting', setting, 'value', current_setting(setting))), '[]')::text
    FROM (VALUES ${needed.map(({ setting, isRight }) => `('${setting}', ${isRight})`).join(', ')}) s (setting, is_right)
   WHERE NOT is_right`

/**
 * Returns what is wrong in the configuration of the cluster's nodes, each as a sentence for a person. No statement of the
 * ledger may change a server's configuration.
 */
export async function wrongSettingsOf(connection: pg.ClientBase): Promise<string[]> {
  const answers = await onEveryNode(connection, wrong)
  return answers.flatMap(({ node, text }) => {
    const found: readonly { setting: string; value: string }[] = JSON.parse(text)
    return found.map(({ setting, value }) => {
      const need = needed.find((each) => each.setting === setting)
      return `${node}: ${setting} is ${value}. Set it to ${need?.wanted}: otherwise ${need?.else}.`
    })
  })
}
