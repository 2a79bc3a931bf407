// Signs tags at a served trust server, with keys and cache in a trust directory: `sign DIRECTORY URL TAG…`.
import { signTags } from '../../../src/client/publish/sign-image.ts';
import { plainPublisher } from '../plain-publisher.ts';
import { gun, imageTag } from '../publisher.ts';
import { type RequestStep, reach } from '../wire.ts';

const [directory, url, ...tags] = process.argv.slice(2);
if (directory === undefined || url === undefined) throw new Error('usage: sign DIRECTORY URL TAG…');
const { step } = globalThis as unknown as { step: RequestStep };
const ports = plainPublisher(directory, reach(url, step));
const result = await signTags({ gun, tags: tags.map(imageTag) }, ports);
process.stdout.write(JSON.stringify(result.tags.map(({ outcome }) => outcome)));
