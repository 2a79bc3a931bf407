// The newest timestamp that a server has stored, when it fails to serve one by name: servers renew what they serve
// by name, and cannot when the root or a snapshot whose key they lack has run out. A publisher needs that state to
// repair it. Files by version are served as they are.
import type { TrustServer } from '../../remote/trust-server.ts';
import { checkVersionStep } from '../../tuf/version.ts';
import { maxTimestampBytes } from './limits.ts';

/**
 * The timestamp with the highest version, looked for above `floor`; undefined when there is none above. Versions of
 * one repository follow each other, so a few requests suffice; should some be missing, an older one may come back,
 * and the server refuses what is published on top of it.
 * @throws Failure VERSION_LEAP when it would be further above `floor` than any honest repository gets
 */
export async function newestStoredTimestamp(
  gun: string,
  server: TrustServer,
  floor: number,
): Promise<Buffer | undefined> {
  const at = (version: number) =>
    server.fetch(gun, { role: 'timestamp', version }, maxTimestampBytes);
  let low = floor + 1;
  let newest = await at(low);
  if (newest === undefined) return undefined;
  // A server that always has one more must not keep us asking.
  const probe = (version: number) => {
    checkVersionStep('timestamp', floor, version);
    return at(version);
  };
  let step = 1;
  for (let next = await probe(low + step); next !== undefined; next = await probe(low + step)) {
    newest = next;
    low += step;
    step *= 2;
  }
  for (let high = low + step; high - low > 1; ) {
    const middle = Math.floor((low + high) / 2);
    const found = await at(middle);
    if (found === undefined) high = middle;
    else [low, newest] = [middle, found];
  }
  return newest;
}
