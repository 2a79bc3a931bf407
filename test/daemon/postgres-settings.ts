// For tests: what the configuration makes of the address of a database.
import type { PostgresSettings } from '../../src/daemon/database/postgres-settings.ts';
import { parsePostgresTarget } from '../../src/daemon/database/postgres-url.ts';

export function settingsOf(url: string): PostgresSettings {
  return { target: parsePostgresTarget(url), maxConnections: 10 };
}
