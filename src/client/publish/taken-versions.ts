// Versions of a role that lie on the server although no file of the role counts: it was removed, and is delegated to
// again. The server takes no version twice, so the new file goes on above them.
//
// Invariant: nobody vouches for these versions, so the server decides on one no further above what is known than any
// version may step, in a bounded number of requests.
import { Failure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import type { RoleName } from '../../tuf/role.ts';
import { maxVersionStep } from '../../tuf/version.ts';
import { maxFileBytes } from '../consume/limits.ts';

/**
 * The highest version of `role` that the server has, or `known` when it has none above that. Versions have no gaps, so
 * a search by doubling and halving finds it in a few requests, 42 at most; mostly there is none, which takes one.
 * @throws Failure VERSION_LEAP when a file above it would be too far above `known`; what TrustServer.fetch throws
 */
export async function takenVersion(
  gun: string,
  role: RoleName,
  known: number,
  server: TrustServer,
): Promise<number> {
  const isTaken = async (version: number): Promise<boolean> =>
    (await server.fetch(gun, { role, version }, maxFileBytes)) !== undefined;
  const last = known + maxVersionStep;
  let taken = known;
  let free = known + 1;
  for (let step = 1; await isTaken(free); ) {
    if (free === last) throw beyond(role, known, server);
    taken = free;
    step *= 2;
    free = Math.min(taken + step, last);
  }
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2);
    if (await isTaken(middle)) taken = middle;
    else free = middle;
  }
  return taken;
}

function beyond(role: RoleName, known: number, { url }: TrustServer): Failure {
  return new Failure('VERSION_LEAP', `the server has every version of ${role} that may come next`, {
    facts: { server: url, known: String(known), 'largest step': String(maxVersionStep) },
    meaning:
      'Its files of the role are none that count now, so how far they go is not known to be true. A version above them ' +
      'would be refused by everybody.',
    remedy: 'Ask the operator of the trust server, or give the delegation another name.',
  });
}
