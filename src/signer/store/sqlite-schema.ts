// The tables of the signer's embedded store. `private_keys` has the columns and types of notary's table, so that rows
// move to and from PostgreSQL by copying; `paraph_signing_floors` is ours.
import type { SqliteSchema } from '../../daemon/database/sqlite.ts';

export const keySchema: SqliteSchema = {
  // "PaSi" in ASCII.
  applicationId: 0x50615369,
  migrations: [
    `CREATE TABLE private_keys (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       created_at timestamp,
       updated_at timestamp,
       deleted_at timestamp,
       key_id varchar(255) NOT NULL,
       encryption_alg varchar(255) NOT NULL,
       keywrap_alg varchar(255) NOT NULL,
       algorithm varchar(50) NOT NULL,
       passphrase_alias varchar(50) NOT NULL,
       public blob NOT NULL,
       private blob NOT NULL,
       gun varchar(255) NOT NULL,
       role varchar(255) NOT NULL,
       last_used timestamp,
       UNIQUE (key_id),
       UNIQUE (key_id, algorithm)
     );
     CREATE INDEX idx_private_keys_gun ON private_keys (gun, role, passphrase_alias, id);
     CREATE INDEX idx_private_keys_alias ON private_keys (passphrase_alias, id);
     CREATE TABLE paraph_signing_floors (
       key_id varchar(255) PRIMARY KEY,
       version bigint NOT NULL
     ) WITHOUT ROWID;`,
  ],
};
