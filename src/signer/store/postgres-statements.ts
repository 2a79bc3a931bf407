// The SQL of the signer's store on PostgreSQL. Every statement has a name, so that a connection prepares it once. Times
// go in and out as text: `timestamp` has no zone, and a driver would make it local time.
//
// Invariants:
// - Rows are locked in the order of their key ids, and additions in the order of their locks: signers that share a
//   database never wait for each other in a circle. Notary's signer changes one row in each transaction.
// - Every row is looked up in an index, however small the table was when a connection planned the statement.
// - What is recorded of a batch of signatures is one statement: all of it is on the disk, or nothing.

import type { Statement } from '../../daemon/database/postgres.ts';

/** As Go and sqlTime write it, whatever DateStyle the database has; `infinity` stays, and is refused when it is read. */
const time = (column: string): string =>
  `coalesce(to_char(${column}, 'YYYY-MM-DD HH24:MI:SS.MS'), ${column}::text) AS ${column}`;
const read = `key_id, algorithm, encryption_alg, keywrap_alg, passphrase_alias, public, private, gun, role,
  ${time('created_at')}, ${time('last_used')}`;

const select = (name: string, where: string): Statement => ({
  name,
  text: `SELECT ${read} FROM private_keys WHERE ${where}`,
});

export const find = select('paraph_key_find', 'key_id = $1 AND deleted_at IS NULL');

export const newestOf = select(
  'paraph_keys_newest_of',
  'gun = $1 AND role = $2 AND deleted_at IS NULL ORDER BY id DESC LIMIT $3',
);

export const newestOfAliases = select(
  'paraph_keys_newest_of_aliases',
  'id IN (SELECT max(id) FROM private_keys WHERE deleted_at IS NULL GROUP BY passphrase_alias)',
);

/** Held until the transaction ends. In the order given: two lists in the same order cannot block each other. */
export const lockPlaces: Statement = {
  name: 'paraph_key_lock_places',
  text: 'SELECT pg_advisory_xact_lock(place) FROM unnest($1::bigint[]) AS place',
};

/**
 * Adds the rows for whose gun, role and algorithm nothing is pending, and gives what is pending for the others. A
 * statement of its own after the locks: only so does it see what the holder of the lock before has committed.
 */
export const addUnlessPending: Statement = {
  name: 'paraph_key_add',
  text: `WITH wanted AS (
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[],
                           $8::text[], $9::text[], $10::timestamp[], $11::timestamp[])
        AS row (key_id, algorithm, encryption_alg, keywrap_alg, passphrase_alias, public, private, gun, role,
                created_at, last_used)),
    pending AS (
      SELECT k.* FROM wanted w CROSS JOIN LATERAL (
        SELECT * FROM private_keys
         WHERE gun = w.gun AND role = w.role AND algorithm = w.algorithm AND last_used IS NULL AND deleted_at IS NULL
         ORDER BY key_id LIMIT 1) k),
    added AS (
      INSERT INTO private_keys (key_id, algorithm, encryption_alg, keywrap_alg, passphrase_alias, public, private,
                                gun, role, created_at, updated_at, last_used)
      SELECT w.key_id, w.algorithm, w.encryption_alg, w.keywrap_alg, w.passphrase_alias, w.public, w.private,
             w.gun, w.role, w.created_at, w.created_at, w.last_used
        FROM wanted w
       WHERE NOT EXISTS (SELECT FROM pending p WHERE (p.gun, p.role, p.algorithm) = (w.gun, w.role, w.algorithm)))
    SELECT ${read} FROM pending`,
};

/** Gives the ids of those of the batch that are there. */
export const recordSignatures: Statement = {
  name: 'paraph_key_record',
  text: `WITH batch AS (
      SELECT key_id, max(version) AS version, max(at) AS at
        FROM unnest($1::text[], $2::bigint[], $3::timestamp[]) AS record (key_id, version, at)
       GROUP BY key_id),
    held AS (
      SELECT k.id, k.key_id, sorted.version, sorted.at
        FROM (SELECT * FROM batch ORDER BY key_id) sorted CROSS JOIN LATERAL (
          SELECT id, key_id FROM private_keys
           WHERE key_id = sorted.key_id AND deleted_at IS NULL
           LIMIT 1 FOR NO KEY UPDATE) k),
    used AS (
      UPDATE private_keys k SET last_used = held.at, updated_at = held.at FROM held WHERE k.id = held.id),
    raised AS (
      INSERT INTO paraph_signing_floors AS floor (key_id, version)
      SELECT key_id, version FROM held WHERE version IS NOT NULL
      ON CONFLICT (key_id) DO UPDATE SET version = excluded.version WHERE excluded.version > floor.version)
    SELECT key_id FROM held`,
};

export const floor: Statement = {
  name: 'paraph_key_floor',
  text: 'SELECT version::text AS version FROM paraph_signing_floors WHERE key_id = $1',
};

export const remove: Statement = {
  name: 'paraph_key_remove',
  text: 'UPDATE private_keys SET deleted_at = $1::timestamp WHERE key_id = $2 AND deleted_at IS NULL',
};

export const check: Statement = {
  name: 'paraph_key_check',
  text: 'SELECT 1 FROM private_keys LIMIT 1',
};
