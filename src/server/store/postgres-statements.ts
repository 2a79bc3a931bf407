// The SQL of the store on PostgreSQL, and what its rows are. Reads by name, version and checksum answer many
// questions at once, in the order in which they were asked, with the row's id; rows are read by id.
import type { Statement } from '../../daemon/database/postgres.ts';

/** `at` is the place of the question, from 1 on; a question without an answer has no row. */
export interface FoundRow {
  readonly at: number;
  readonly id: number;
  /** Null in rows of databases that were migrated from before there was a checksum. */
  readonly sha256: string | null;
  /** Of the file, in bytes. */
  readonly size: number;
}

export interface FileRow {
  readonly id: string;
  readonly role: string;
  readonly version: string;
  readonly data: Buffer;
  readonly sha256: string | null;
  readonly created_ms: string;
}

export interface ChangeRow {
  readonly id: number;
  readonly created_ms: number;
  readonly gun: string;
  readonly version: number;
  readonly sha256: string;
  readonly category: string;
}

/** Go marks no rows as deleted and reads none that are marked. */
const find = (keys: string, where: string): string =>
  `SELECT k.at::integer AS at, f.id, f.sha256::text AS sha256, octet_length(f.data) AS size
   FROM ${keys}, at)
   CROSS JOIN LATERAL (
     SELECT id, sha256, data FROM tuf_files
     WHERE gun = k.gun AND role = k.role AND deleted_at IS NULL ${where}
     ORDER BY version DESC LIMIT 1
   ) AS f`;

export const findNewest: Statement = {
  name: 'paraph_find_newest',
  text: find('unnest($1::varchar[], $2::varchar[]) WITH ORDINALITY AS k (gun, role', ''),
};

export const findVersion: Statement = {
  name: 'paraph_find_version',
  text: find(
    'unnest($1::varchar[], $2::varchar[], $3::integer[]) WITH ORDINALITY AS k (gun, role, version',
    'AND version = k.version',
  ),
};

/** `bpchar` is the type of the column: with text, its index would not serve. */
export const findChecksum: Statement = {
  name: 'paraph_find_checksum',
  text: find(
    'unnest($1::varchar[], $2::varchar[], $3::bpchar[]) WITH ORDINALITY AS k (gun, role, sha256',
    'AND sha256 = k.sha256',
  ),
};

const milliseconds = 'coalesce(floor(extract(epoch FROM created_at) * 1000), 0)';

export const readFiles: Statement = {
  name: 'paraph_read_files',
  text: `SELECT id::text, role::text, version::text, data, sha256::text, ${milliseconds}::text AS created_ms
    FROM tuf_files WHERE id = ANY ($1::integer[]) AND deleted_at IS NULL`,
};

/** Publishers of one repository through our servers wait here for each other. */
export const lockRepository: Statement = {
  name: 'paraph_lock_repository',
  text: 'SELECT pg_advisory_xact_lock($1::bigint)',
};

/** The highest version of each of the roles, rows marked as deleted too: they occupy their version. */
export const findHighest: Statement = {
  name: 'paraph_find_highest',
  text: `SELECT k.role::text AS role, f.id, f.version
    FROM unnest($2::varchar[]) AS k (role)
    CROSS JOIN LATERAL (
      SELECT id, version FROM tuf_files WHERE gun = $1 AND role = k.role ORDER BY version DESC LIMIT 1
    ) AS f`,
};

export const insertFile: Statement = {
  name: 'paraph_insert_file',
  text: `INSERT INTO tuf_files (created_at, updated_at, gun, role, version, sha256, data)
    VALUES ($1, $1, $2, $3, $4, $5, $6) RETURNING id`,
};

export const removePlaceholder: Statement = {
  name: 'paraph_remove_placeholder',
  text: "DELETE FROM tuf_files WHERE gun = $1 AND role = $2 AND version = $3 AND data = ''",
};

export const recordChange: Statement = {
  name: 'paraph_record_change',
  text: `INSERT INTO changefeed (created_at, gun, version, sha256, category)
    VALUES ($1, $2, $3, $4, $5) RETURNING id`,
};

/** Deletes, and raises the floors to exactly what was deleted, whatever was inserted a moment before. */
export const removeFiles: Statement = {
  name: 'paraph_remove_files',
  text: `WITH gone AS (DELETE FROM tuf_files WHERE gun = $1 RETURNING role, version)
    INSERT INTO paraph_version_floors (gun, role, version)
    SELECT $1, role, max(version) FROM gone GROUP BY role
    ON CONFLICT (gun, role) DO UPDATE
    SET version = greatest(paraph_version_floors.version, excluded.version)
    RETURNING role`,
};

export const countGeneration: Statement = {
  name: 'paraph_count_generation',
  text: `INSERT INTO paraph_generations (gun, deleted, last_deleted_at, last_change)
    VALUES ($1, 1, $2, $3)
    ON CONFLICT (gun) DO UPDATE SET deleted = paraph_generations.deleted + 1,
      last_deleted_at = excluded.last_deleted_at, last_change = excluded.last_change`,
};

/**
 * A Go server that deletes leaves no trace of the snapshot's version but that of the timestamp, which each
 * publish raises with it. Notary's client begins a snapshot one ahead; this is ample.
 */
const snapshotLead = 16;

/** What a row can hold at most. */
const maxVersion = 2_147_483_647;

/**
 * What the changefeed tells of deletions that a Go server made since our last one: the highest timestamp before the last
 * of them.
 */
const floorsOfGo = `SELECT role, least(gone.version::bigint + lead, ${maxVersion})::integer AS version
  FROM (
    SELECT max(version) AS version FROM changefeed
    WHERE gun = $1 AND category = 'update'
      AND id > coalesce((SELECT last_change FROM paraph_generations WHERE gun = $1), 0)
      AND id < (SELECT max(id) FROM changefeed WHERE gun = $1 AND category = 'deletion')
  ) AS gone
  CROSS JOIN (VALUES ('timestamp', 0), ('snapshot', ${snapshotLead})) AS roles (role, lead)
  WHERE gone.version IS NOT NULL`;

/** Before a deletion of ours is counted: from then on the changefeed is read only from it on. */
export const keepFloorsOfGo: Statement = {
  name: 'paraph_keep_floors_of_go',
  text: `INSERT INTO paraph_version_floors (gun, role, version)
    SELECT $1, role, version FROM (${floorsOfGo}) AS of_go
    ON CONFLICT (gun, role) DO UPDATE
    SET version = greatest(paraph_version_floors.version, excluded.version)`,
};

/** What our own deletions left, and those of Go servers since; a role can have a row of each. */
export const readFloors: Statement = {
  name: 'paraph_read_floors',
  text: `SELECT role::text AS role, version FROM paraph_version_floors WHERE gun = $1
    UNION ALL ${floorsOfGo}`,
};

const changes = (name: string, where: string): Statement => ({
  name,
  text: `SELECT id, ${milliseconds}::float8 AS created_ms, gun::text AS gun, version,
      coalesce(sha256::text, '') AS sha256, category::text AS category
    FROM changefeed WHERE ${where}`,
});

export const changesAfter = changes('paraph_changes_after', 'id > $1::bigint ORDER BY id LIMIT $2');
export const changesAfterOfGun = changes(
  'paraph_changes_after_of_gun',
  'gun = $3 AND id > $1::bigint ORDER BY id LIMIT $2',
);
export const changesUntil = changes(
  'paraph_changes_until',
  'id < $1::bigint ORDER BY id DESC LIMIT $2',
);
export const changesUntilOfGun = changes(
  'paraph_changes_until_of_gun',
  'gun = $3 AND id < $1::bigint ORDER BY id DESC LIMIT $2',
);

export const readNothing: Statement = {
  name: 'paraph_check',
  text: 'SELECT 1 FROM tuf_files, changefeed LIMIT 1',
};
