// From a repository name (GUN) to its directory below `tuf/`. The name comes from a command line, a
// registry or a Dockerfile, so it may be anything.
//
// Invariants: the path never leaves `tuf/`; two different names never share a directory; a name is
// compared exactly (no lower-casing, no normalisation).
import { join } from 'node:path';
import { Failure } from '../../errors.ts';
import { shown } from '../../remote/foreign-text.ts';

/** The server stores a name in varchar(255); file systems hold 255 bytes in one path component. */
const maxNameBytes = 255;

/** Our own files lie in this directory of a repository, beside Go's `metadata` and `changelist`. */
export const ownDirectoryName = '.paraph';

/** What is wrong with `gun` as a name, or undefined when it can be used. */
function fault(gun: string): string | undefined {
  if (gun === '') return 'is empty';
  if (Buffer.byteLength(gun) > maxNameBytes) return `is longer than ${maxNameBytes} bytes`;
  if (!gun.isWellFormed()) return 'is not valid Unicode';
  for (const character of gun) {
    const code = character.charCodeAt(0);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return 'has a control character';
  }
  if (gun.includes('*')) return 'has a "*"';
  if (gun.includes('\\')) return 'has a backslash';
  const components = gun.split('/');
  if (components.includes('')) return 'has an empty component, or begins or ends with "/"';
  if (components.includes('.') || components.includes('..')) return 'has a "." or ".." component';
  if (components.includes(ownDirectoryName)) return `has a "${ownDirectoryName}" component`;
  return undefined;
}

/** Throws REFERENCE_INVALID unless `gun` can be the name of a repository in a trust directory. */
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
