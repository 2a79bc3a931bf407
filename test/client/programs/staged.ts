// Prepares a repository, or publishes what is staged for it, at a served trust server: `staged DIRECTORY URL
// prepare|publish`.
import { prepareRepository } from '../../../src/client/publish/prepare.ts';
import { publishStaged } from '../../../src/client/publish/staged.ts';
import { plainPublisher } from '../plain-publisher.ts';
import { gun } from '../publisher.ts';
import { type RequestStep, reach } from '../wire.ts';

const [directory, url, command] = process.argv.slice(2);
if (directory === undefined || url === undefined || command === undefined) {
  throw new Error('usage: staged DIRECTORY URL prepare|publish');
}
const { step } = globalThis as unknown as { step: RequestStep };
const ports = plainPublisher(directory, reach(url, step));
if (command === 'prepare') await prepareRepository({ gun, snapshotHolder: 'local' }, ports);
else await publishStaged(gun, ports);
