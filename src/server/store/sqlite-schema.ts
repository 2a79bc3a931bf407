// The tables of the embedded store: notary's three, column for column, and two of our own beside them.
import type { SqliteSchema } from '../../daemon/database/sqlite.ts';

/**
 * `tuf_files` and `changefeed` as notary's migrations leave them. `deleted_at` is always NULL, as in Go,
 * which deletes rows for good. Ids are never used twice: readers page by them, and hot-files.ts relies on it.
 * `paraph_generations` counts how often a repository was deleted; `paraph_version_floors` keeps the highest
 * version that each role had reached by then.
 */
const firstVersion = `
CREATE TABLE tuf_files (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created_at TIMESTAMP NULL,
  updated_at TIMESTAMP NULL,
  deleted_at TIMESTAMP NULL,
  gun VARCHAR(255) NOT NULL,
  role VARCHAR(255) NOT NULL,
  version INTEGER NOT NULL,
  data BLOB NOT NULL,
  sha256 CHAR(64) NULL,
  UNIQUE (gun, role, version)
);
CREATE INDEX tuf_files_sha256_idx ON tuf_files (sha256);

CREATE TABLE change_category (category VARCHAR(20) NOT NULL PRIMARY KEY);
INSERT INTO change_category VALUES ('update'), ('deletion');

CREATE TABLE changefeed (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  gun VARCHAR(255) NOT NULL,
  version INTEGER NOT NULL,
  sha256 CHAR(64) NULL,
  category VARCHAR(20) NOT NULL DEFAULT 'update' REFERENCES change_category (category)
);
CREATE INDEX idx_changefeed_gun ON changefeed (gun);

CREATE TABLE paraph_generations (
  gun VARCHAR(255) NOT NULL PRIMARY KEY,
  deleted INTEGER NOT NULL,
  last_deleted_at TIMESTAMP NOT NULL
) WITHOUT ROWID;

CREATE TABLE paraph_version_floors (
  gun VARCHAR(255) NOT NULL,
  role VARCHAR(255) NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (gun, role)
) WITHOUT ROWID;
`;

export const storeSchema: SqliteSchema = {
  /** "PsrV" in ASCII: a database of paraph-server. */
  applicationId: 0x50_73_72_56,
  migrations: [firstVersion],
};
