// The tables of the signer in PostgreSQL: notary's, as its migrations leave it, and ours beside it.
import type { PostgresSchema } from '../../daemon/database/postgres-migrations.ts';

export const keySchema: PostgresSchema = {
  owner: 'signer',
  notaryTables: `CREATE TABLE private_keys (
    id serial PRIMARY KEY,
    created_at timestamp,
    updated_at timestamp,
    deleted_at timestamp,
    key_id varchar(255) NOT NULL,
    encryption_alg varchar(255) NOT NULL,
    keywrap_alg varchar(255) NOT NULL,
    algorithm varchar(50) NOT NULL,
    passphrase_alias varchar(50) NOT NULL,
    public bytea NOT NULL,
    private bytea NOT NULL,
    gun varchar(255) NOT NULL,
    role varchar(255) NOT NULL,
    last_used timestamp,
    UNIQUE (key_id),
    UNIQUE (key_id, algorithm)
  )`,
  notaryVersion: 1,
  needs: [
    {
      table: 'private_keys',
      columns:
        'id created_at updated_at deleted_at key_id encryption_alg keywrap_alg algorithm passphrase_alias public private gun role last_used'.split(
          ' ',
        ),
      unique: ['key_id'],
      rights: ['SELECT', 'INSERT', 'UPDATE'],
    },
  ],
  sideTables: ['paraph_signing_floors'],
  migrations: [
    // Notary asks for the keys of a repository without an index of them. This one changes nothing for it; where the
    // table belongs to another user it is left out, and asking takes longer.
    `CREATE TABLE paraph_signing_floors (
       key_id varchar(255) PRIMARY KEY,
       version bigint NOT NULL
     );
     DO $$ BEGIN
       CREATE INDEX IF NOT EXISTS paraph_private_keys_place ON private_keys (gun, role);
     EXCEPTION WHEN insufficient_privilege THEN
       RAISE WARNING 'private_keys has no index of gun and role: it belongs to another user';
     END $$`,
  ],
};
