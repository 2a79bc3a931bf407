// From a repository name (GUN) to its directory below `tuf/`. The name comes from a command line, a
// registry or a Dockerfile, so it may be anything.
//
// Invariants: the path never leaves `tuf/`; two different names never share a directory, nor does one lie among the
// metadata files of another; a name is compared exactly (no lower-casing, no normalisation).
import { join } from 'node:path';
import { Failure } from '../../errors.ts';
import { shown } from '../../remote/foreign-text.ts';
import { repositoryNameFault } from '../../remote/repository-name.ts';

/** Our own files lie in this directory of a repository, beside Go's `metadata` and `changelist`. */
export const ownDirectoryName = '.paraph';

/** Where a file of another repository lies, or may come to lie: a directory there would make it unusable. */
const metadataOrChange = /\/(metadata\/[^/]+\.json|changelist\/[^/]+\.change)\//;

/** What is wrong with `gun`; beside what no server could serve, places with files of ours or of Go's are kept free. */
function fault(gun: string): string | undefined {
  const problem = repositoryNameFault(gun);
  if (problem !== undefined) return problem;
  if (gun.split('/').includes(ownDirectoryName)) return `has a "${ownDirectoryName}" component`;
  const filed = metadataOrChange.exec(`/${gun}/`)?.[1];
  if (filed !== undefined) return `has components "${shown(filed, 80)}"`;
  // The delegation targets/metadata/root of the repository `a` is filed as the root of `a/metadata/targets` would be.
  return `${gun}/`.includes('/metadata/targets/') ? 'has components "metadata/targets"' : undefined;
}

/** @throws Failure REFERENCE_INVALID unless `gun` can be the name of a repository in a trust directory */
function requireSafeGun(gun: string): void {
  const problem = fault(gun);
  if (problem === undefined) return;
  throw new Failure('REFERENCE_INVALID', `repository name "${shown(gun, 80)}" ${problem}`);
}

/** The directory of `gun` in the trust directory `root`, as Go lays it out (client store §1). */
export function repositoryPath(root: string, gun: string): string {
  requireSafeGun(gun);
  return join(root, 'tuf', ...gun.split('/'));
}
