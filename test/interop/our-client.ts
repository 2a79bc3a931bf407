// Our client as a library, on the trust directory of somebody who uses Go's programs there as well: for what no command
// line is to stand between.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientEvent } from '../../src/client/events.ts';
import type { RotationPorts } from '../../src/client/publish/rotate.ts';
import { Pins } from '../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../src/client/trustdir/trust-directory.ts';
import { KeyFileStore } from '../../src/keys/file-store.ts';
import { anonymous } from '../../src/remote/credentials.ts';
import { createHttpClient } from '../../src/remote/http.ts';
import { connectTrustServer } from '../../src/remote/trust-server.ts';
import type { Person } from '../peers/person.ts';
import type { Scratch } from '../peers/scratch.ts';
import type { TrustServices } from '../peers/trust-services.ts';

export interface OurClient extends RotationPorts {
  readonly keys: KeyFileStore;
  readonly events: ClientEvent[];
}

export function ourClient(scratch: Scratch, services: TrustServices, person: Person): OurClient {
  const http = createHttpClient({ certificates: { caFile: services.caFile, exclusive: true } });
  scratch.defer(async () => http.close());
  const events: ClientEvent[] = [];
  // The passphrases under which the person's environment has Go's programs encrypt.
  const passphrase = async ({ role }: { readonly role: string }) =>
    Buffer.from(role === 'root' ? 'root-passphrase' : 'repository-passphrase');
  return {
    server: connectTrustServer({ url: services.url, http, credentials: anonymous }),
    directory: new TrustDirectory(person.trustDir),
    keys: new KeyFileStore(person.trustDir, { passphrase }),
    pins: Pins.none(),
    nowMs: () => Date.now(),
    emit: (event) => void events.push(event),
    pause: (ms) => sleep(ms),
    events,
  };
}
