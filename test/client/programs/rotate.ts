// Rotates a key at a served trust server: `rotate DIRECTORY URL ROLE HOLDER`.
import { rotateKeys } from '../../../src/client/publish/rotate.ts';
import { Pins } from '../../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../../src/client/trustdir/trust-directory.ts';
import { simulatedNowMs } from '../../simulator/repository.ts';
import { PlainKeyStore } from '../plain-key-store.ts';
import { gun } from '../publisher.ts';
import { type RequestStep, reach } from '../wire.ts';

const [directory, url, role, holder] = process.argv.slice(2);
if (directory === undefined || url === undefined || role === undefined) {
  throw new Error('usage: rotate DIRECTORY URL ROLE HOLDER');
}
const { step } = globalThis as unknown as { step: RequestStep };
const result = await rotateKeys(
  { gun, role, holder: holder === 'server' ? 'server' : 'local' },
  {
    server: reach(url, step),
    directory: new TrustDirectory(directory),
    keys: new PlainKeyStore(directory),
    pins: Pins.none(),
    nowMs: () => simulatedNowMs,
    emit: () => undefined,
    pause: () => Promise.resolve(),
  },
);
process.stdout.write(result.outcome);
