// A row of `private_keys` as a database hands it over, and its reading. The database may be another program's, or
// someone may have meddled with it: nothing is taken for what its column should hold.
import { sqlTimeMs } from '../../daemon/database/sql-time.ts';
import { Failure } from '../../errors.ts';
import type { KeyRow } from './store.ts';

/** What each store selects; times as text. */
export interface StoredKey {
  readonly key_id: unknown;
  readonly algorithm: unknown;
  readonly encryption_alg: unknown;
  readonly keywrap_alg: unknown;
  readonly passphrase_alias: unknown;
  readonly public: unknown;
  readonly private: unknown;
  readonly gun: unknown;
  readonly role: unknown;
  readonly created_at: unknown;
  readonly last_used: unknown;
}

/** @throws Failure STORE_FAILED naming the column that is of another type than notary's, or no time */
export function keyRow(stored: StoredKey): KeyRow {
  return {
    keyId: text(stored, 'key_id'),
    algorithm: text(stored, 'algorithm'),
    encryptionAlg: text(stored, 'encryption_alg'),
    keywrapAlg: text(stored, 'keywrap_alg'),
    passphraseAlias: text(stored, 'passphrase_alias'),
    publicBytes: bytes(stored, 'public'),
    privateJwe: bytes(stored, 'private').toString('latin1'),
    gun: text(stored, 'gun'),
    role: text(stored, 'role'),
    createdAtMs: timeMs(stored, 'created_at') ?? 0,
    lastUsedMs: timeMs(stored, 'last_used'),
  };
}

type Column = keyof StoredKey;

function text(stored: StoredKey, column: Column): string {
  const value = stored[column];
  return typeof value === 'string' ? value : refuse(column);
}

function bytes(stored: StoredKey, column: Column): Buffer {
  const value = stored[column];
  return Buffer.isBuffer(value) ? value : refuse(column);
}

function timeMs(stored: StoredKey, column: Column): number | undefined {
  if (stored[column] === null) return undefined;
  const ms = sqlTimeMs(text(stored, column));
  return Number.isNaN(ms) ? refuse(column) : ms;
}

function refuse(column: Column): never {
  throw new Failure('STORE_FAILED', `column ${column} of a stored key is of another type`, {
    meaning: 'Someone, or another program, wrote to the table of the keys.',
  });
}
