// What holds where neither a configuration file nor a variable says anything: a server on this machine alone, with
// its data in one directory. Written as variables, so that there is one way in which settings are read.
import { join } from 'node:path';
import { variableName } from '../daemon/config.ts';

/** Variables under `prefix`; whoever sets one of them in earnest overrides it. */
export function embeddedDefaults(
  prefix: string,
  dataDir: string,
): Readonly<Record<string, string>> {
  const settings = {
    'server.http_addr': '127.0.0.1:4443',
    'trust_service.type': 'local',
    'storage.backend': 'sqlite',
    'storage.db_url': join(dataDir, 'server.db'),
    'logging.level': 'info',
  };
  return Object.fromEntries(
    Object.entries(settings).map(([path, value]) => [variableName(prefix, path), value]),
  );
}
