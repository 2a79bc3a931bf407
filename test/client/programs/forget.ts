// Deletes a repository here and at a served trust server: `forget DIRECTORY URL`.
import { forgetRepository } from '../../../src/client/publish/forget.ts';
import { TrustDirectory } from '../../../src/client/trustdir/trust-directory.ts';
import { PlainKeyStore } from '../plain-key-store.ts';
import { gun } from '../publisher.ts';
import { type RequestStep, reach } from '../wire.ts';

const [directory, url] = process.argv.slice(2);
if (directory === undefined || url === undefined) throw new Error('usage: forget DIRECTORY URL');
const { step } = globalThis as unknown as { step: RequestStep };
await forgetRepository(
  { gun, remote: true },
  {
    server: reach(url, step),
    directory: new TrustDirectory(directory),
    keys: new PlainKeyStore(directory),
  },
);
