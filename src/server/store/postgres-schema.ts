// The tables of the server's store on PostgreSQL: notary's three, as its migrations leave them, and two of our own
// beside them. sqlite-schema.ts says what the side tables hold.
import type { PostgresSchema } from '../../daemon/database/postgres-migrations.ts';

/** The names of constraints and indexes are those that PostgreSQL gave them for notary. */
const notaryTables = `
CREATE TABLE tuf_files (
  id serial PRIMARY KEY,
  created_at timestamp NULL DEFAULT NULL,
  updated_at timestamp NULL DEFAULT NULL,
  deleted_at timestamp NULL DEFAULT NULL,
  gun varchar(255) NOT NULL,
  role varchar(255) NOT NULL,
  version integer NOT NULL,
  data bytea NOT NULL,
  sha256 char(64) DEFAULT NULL,
  UNIQUE (gun, role, version)
);
CREATE INDEX tuf_files_sha256_idx ON tuf_files (sha256);

CREATE TABLE change_category (category varchar(20) PRIMARY KEY);
INSERT INTO change_category VALUES ('update'), ('deletion');

CREATE TABLE changefeed (
  id serial PRIMARY KEY,
  created_at timestamp DEFAULT CURRENT_TIMESTAMP,
  gun varchar(255) NOT NULL,
  version integer NOT NULL,
  sha256 char(64) DEFAULT NULL,
  category varchar(20) NOT NULL DEFAULT 'update' REFERENCES change_category
);
CREATE INDEX idx_changefeed_gun ON changefeed (gun);
`;

/**
 * `last_change` is the changefeed record of the last deletion that we made. A Go server that deletes raises no
 * floors; its deletions are the ones after that.
 */
const firstVersion = `
CREATE TABLE paraph_generations (
  gun varchar(255) PRIMARY KEY,
  deleted integer NOT NULL,
  last_deleted_at timestamp NOT NULL,
  last_change integer NOT NULL
);

CREATE TABLE paraph_version_floors (
  gun varchar(255) NOT NULL,
  role varchar(255) NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (gun, role)
);
`;

export const storeSchema: PostgresSchema = {
  owner: 'server',
  notaryTables,
  notaryVersion: 2,
  needs: [
    {
      table: 'tuf_files',
      columns: 'id created_at updated_at deleted_at gun role version data sha256'.split(' '),
      unique: ['gun', 'role', 'version'],
      rights: ['SELECT', 'INSERT', 'DELETE'],
    },
    {
      table: 'changefeed',
      columns: ['id', 'created_at', 'gun', 'version', 'sha256', 'category'],
      rights: ['SELECT', 'INSERT'],
    },
    { table: 'change_category', columns: ['category'], rights: [] },
  ],
  sideTables: ['paraph_generations', 'paraph_version_floors'],
  migrations: [firstVersion],
};
