// Versions of a role that lie on the server although no file of the role counts: it was removed, and is delegated to
// again. The server takes no version twice, so the new file goes on above them.
import type { TrustServer } from '../../remote/trust-server.ts';
import type { RoleName } from '../../tuf/role.ts';
import { maxFileBytes } from '../consume/limits.ts';

/**
 * The highest version of `role` that the server has, or `known` when it has none above that. Versions have no gaps, so
 * a search by doubling and halving finds it in a few requests; mostly there is none, which takes one.
 * @throws Failure what TrustServer.fetch throws
 */
export async function takenVersion(
  gun: string,
  role: RoleName,
  known: number,
  server: TrustServer,
): Promise<number> {
  const isTaken = async (version: number): Promise<boolean> =>
    (await server.fetch(gun, { role, version }, maxFileBytes)) !== undefined;
  let taken = known;
  let step = 1;
  while (await isTaken(taken + step)) {
    taken += step;
    step *= 2;
  }
  let free = taken + step;
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2);
    if (await isTaken(middle)) taken = middle;
    else free = middle;
  }
  return taken;
}
