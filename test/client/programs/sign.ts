// Signs tags at a served trust server, with keys and cache in a trust directory: `sign DIRECTORY URL TAG…`.
import { signTags } from '../../../src/client/publish/sign-image.ts';
import { Pins } from '../../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../../src/client/trustdir/trust-directory.ts';
import { simulatedNowMs } from '../../simulator/repository.ts';
import { PlainKeyStore } from '../plain-key-store.ts';
import { gun, imageTag } from '../publisher.ts';
import { reach } from '../wire.ts';

const [directory, url, ...tags] = process.argv.slice(2);
if (directory === undefined || url === undefined) throw new Error('usage: sign DIRECTORY URL TAG…');
const { step } = globalThis as unknown as { step: () => Promise<void> };
const result = await signTags(
  { gun, tags: tags.map(imageTag) },
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
process.stdout.write(JSON.stringify(result.tags.map(({ outcome }) => outcome)));
