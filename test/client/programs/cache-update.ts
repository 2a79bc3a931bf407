// Changes the cached metadata of the repository directory given from its old to its new state.
import { MetadataCache } from '../../../src/client/trustdir/cache.ts';
import { newState } from '../cache-states.ts';

const home = process.argv[2];
if (home === undefined) throw new Error('usage: cache-update HOME');
const cache = new MetadataCache(home);
await cache.open();
await cache.update(async () => newState);
