// The tables of the Go programs on PostgreSQL as notary's migrations leave them. The released Go binaries never make
// them: whoever ran notary ran its migrations first.

/** golang-migrate's own table; the Go server reads it nowhere, but databases in the field have it. */
const migrated = (version: number): string => `
CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO schema_migrations VALUES (${version}, false);`;

export const notaryServerTables = `
CREATE TABLE tuf_files (
  id serial PRIMARY KEY, created_at timestamp, updated_at timestamp, deleted_at timestamp,
  gun varchar(255) NOT NULL, role varchar(255) NOT NULL, version integer NOT NULL, data bytea NOT NULL,
  sha256 char(64) DEFAULT NULL, UNIQUE (gun, role, version));
CREATE INDEX tuf_files_sha256_idx ON tuf_files (sha256);
CREATE TABLE change_category (category varchar(20) PRIMARY KEY);
INSERT INTO change_category VALUES ('update'), ('deletion');
CREATE TABLE changefeed (
  id serial PRIMARY KEY, created_at timestamp DEFAULT CURRENT_TIMESTAMP, gun varchar(255) NOT NULL,
  version integer NOT NULL, sha256 char(64) DEFAULT NULL,
  category varchar(20) NOT NULL DEFAULT 'update' REFERENCES change_category (category));
CREATE INDEX idx_changefeed_gun ON changefeed (gun);
${migrated(2)}`;

export const notarySignerTables = `
CREATE TABLE private_keys (
  id serial PRIMARY KEY, created_at timestamp, updated_at timestamp, deleted_at timestamp,
  key_id varchar(255) NOT NULL, encryption_alg varchar(255) NOT NULL, keywrap_alg varchar(255) NOT NULL,
  algorithm varchar(50) NOT NULL, passphrase_alias varchar(50) NOT NULL, public bytea NOT NULL,
  private bytea NOT NULL, gun varchar(255) NOT NULL, role varchar(255) NOT NULL, last_used timestamp,
  UNIQUE (key_id), UNIQUE (key_id, algorithm));
${migrated(1)}`;
