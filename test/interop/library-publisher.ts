// Paraph's client on somebody's trust directory, without a command line around it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientEvent } from '../../src/client/events.ts';
import type { PublisherPorts } from '../../src/client/ports.ts';
import { Pins } from '../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../src/client/trustdir/trust-directory.ts';
import { KeyFileStore } from '../../src/keys/file-store.ts';
import { anonymous } from '../../src/remote/credentials.ts';
import { createHttpClient } from '../../src/remote/http.ts';
import { connectTrustServer } from '../../src/remote/trust-server.ts';
import type { Person } from '../peers/person.ts';
import type { Scratch } from '../peers/scratch.ts';
import type { TrustServices } from '../peers/trust-services.ts';

export interface LibraryPublisher extends PublisherPorts {
  readonly keys: KeyFileStore;
  readonly events: readonly ClientEvent[];
}

/** With the passphrases of test/peers/person.ts. */
export function libraryPublisher(
  scratch: Scratch,
  { trustDir }: Person,
  { url, caFile }: TrustServices,
): LibraryPublisher {
  const http = createHttpClient({ certificates: { caFile, exclusive: true } });
  scratch.defer(async () => http.close());
  const events: ClientEvent[] = [];
  const passphrase = async ({ role }: { readonly role: string }) =>
    Buffer.from(role === 'root' ? 'root-passphrase' : 'repository-passphrase');
  return {
    server: connectTrustServer({ url, http, credentials: anonymous }),
    directory: new TrustDirectory(trustDir),
    keys: new KeyFileStore(trustDir, { passphrase }),
    pins: Pins.none(),
    nowMs: () => Date.now(),
    emit: (event) => void events.push(event),
    pause: (ms) => sleep(ms),
    events,
  };
}
