// A publisher with real key files, unencrypted, for programs that are killed and for who goes on after them.
import type { PublisherPorts } from '../../src/client/ports.ts';
import { Pins } from '../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../src/client/trustdir/trust-directory.ts';
import type { TrustServer } from '../../src/remote/trust-server.ts';
import { simulatedNowMs } from '../simulator/repository.ts';
import { PlainKeyStore } from './plain-key-store.ts';

export function plainPublisher(directory: string, server: TrustServer): PublisherPorts {
  return {
    server,
    directory: new TrustDirectory(directory),
    keys: new PlainKeyStore(directory),
    pins: Pins.none(),
    nowMs: () => simulatedNowMs,
    emit: () => undefined,
    pause: () => Promise.resolve(),
  };
}
