// What every connection to PostgreSQL is set to before it is used. Not by parameters of its start: poolers between here
// and the database refuse those that they do not know.
import type { ClientBase } from 'pg';

/** Where the address does not set them. */
const limits = {
  statement_timeout: '10s',
  lock_timeout: '5s',
  idle_in_transaction_session_timeout: '30s',
} as const;

/**
 * Every statement of ours finds its rows by an index, and is planned once on each connection: PostgreSQL would plan one
 * that is given arrays at each execution, at several times the cost of doing it. A plan made while the table was small must
 * not read it through when it is large. Set as far as the server knows them.
 */
const planner = { plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off', jit: 'off' };

/** A weaker default of the database is raised; `local` and what waits for standbys stay. */
const waitForDisk = `SELECT set_config('synchronous_commit', 'on', false)
  WHERE current_setting('synchronous_commit') = 'off'`;
/** Of the settings named, those that this server has. */
const setKnown = `SELECT set_config(s.name, wanted.value, false)
  FROM unnest($1::text[], $2::text[]) AS wanted (name, value) JOIN pg_settings s ON s.name = wanted.name`;

/**
 * @param session of the address: set whatever they are, and last
 * @returns for pg's pool, which waits for the promise before it hands the connection out; its types do not say so
 */
export function sessionSetter(
  session: ReadonlyMap<string, string>,
): (client: ClientBase) => unknown {
  const settings = new Map([...Object.entries(limits), ...session]);
  const calls = [...settings.keys()].map(
    (_, at) => `set_config($${2 * at + 1}, $${2 * at + 2}, false)`,
  );
  const setAll = `SELECT ${calls.join(', ')}`;
  const values = [...settings].flat();
  const planning = [Object.keys(planner), Object.values(planner)];
  return (client) =>
    Promise.all([
      client.query(waitForDisk),
      client.query(setKnown, planning),
      client.query(setAll, values),
    ]);
}
