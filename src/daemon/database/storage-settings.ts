// The section `storage` of a daemon's configuration: which backend, and where it keeps its data. Both daemons read it
// alike. Nothing is opened here.
//
// Invariant: a backend that this release does not have is refused by name, never replaced by another.
import { Failure } from '../../errors.ts';
import type { ConfigView } from '../config.ts';
import {
  type PostgresSettings,
  postgresExposures,
  readPostgresSettings,
} from './postgres-settings.ts';

export type StorageSettings =
  | { readonly backend: 'memory' }
  | { readonly backend: 'sqlite'; readonly file: string }
  | { readonly backend: 'postgres'; readonly settings: PostgresSettings };

/**
 * @param view the section `storage`
 * @throws Failure CONFIG_INVALID naming the setting, quoting nothing of `db_url`; BACKEND_UNAVAILABLE
 */
export function readStorage(view: ConfigView): StorageSettings {
  const backend = view.member('backend');
  const name = backend.requiredText('is required: memory, sqlite or postgres');
  switch (name) {
    case 'memory':
      return { backend: name };
    // notary's name, which its released programs refuse.
    case 'sqlite3':
    case 'sqlite': {
      const url = view.member('db_url');
      const file = url.filePath() ?? url.fail('is required: the path of the database file');
      return { backend: 'sqlite', file };
    }
    case 'postgres':
      return { backend: name, settings: readPostgresSettings(view) };
    // notary's, which a later release brings.
    case 'mysql':
    case 'rethinkdb':
      throw new Failure('BACKEND_UNAVAILABLE', `storage.backend ${name} is not in this release`);
    default:
      return backend.fail('is not an allowed backend, must be one of: memory, sqlite, postgres');
  }
}

/** What an operator should hear about where the data lies: one clause each. */
export function storageExposures(storage: StorageSettings): readonly string[] {
  return storage.backend === 'postgres' ? postgresExposures(storage.settings.target) : [];
}
