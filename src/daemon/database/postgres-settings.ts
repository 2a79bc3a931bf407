// The settings of storage.backend postgres, which both daemons read alike. Nothing is connected, and no file read.
import type { ConfigView } from '../config.ts';
import { isLoopbackHost } from '../listen-address.ts';
import { type PostgresTarget, parsePostgresTarget } from './postgres-url.ts';

export interface PostgresSettings {
  readonly target: PostgresTarget;
  /** Most connections to the database at once. */
  readonly maxConnections: number;
}

/** Few enough that other programs on the same database are not crowded out. */
export const defaultMaxConnections = 10;
/** One for readers and one for writers. */
const minConnections = 2;
const mostConnections = 1000;

/**
 * @param storage the section `storage`
 * @throws Failure CONFIG_INVALID, quoting nothing of `db_url`
 */
export function readPostgresSettings(storage: ConfigView): PostgresSettings {
  const url = storage.member('db_url').requiredText('must say where the database is');
  const bounds = { min: minConnections, max: mostConnections };
  return {
    target: parsePostgresTarget(url, storage.source.env),
    maxConnections: storage.member('max_connections').integer(bounds) ?? defaultMaxConnections,
  };
}

/** What an operator should hear about the connection: one clause each. */
export function postgresExposures(target: PostgresTarget): readonly string[] {
  const { host, sslMode, authorityFile } = target;
  const isLocal = host.startsWith('/') || isLoopbackHost(host);
  if (isLocal) return [];
  if (sslMode === 'disable') return ['the connection to the database is not encrypted'];
  if (sslMode === 'require' && authorityFile === undefined) {
    return ['who the database is, is not checked: sslmode=require without sslrootcert'];
  }
  return [];
}
