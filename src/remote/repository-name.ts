// What can be the name of a repository (GUN): it becomes part of the path of an address and of a directory, and
// comes from a command line, a registry or a Dockerfile, so it may be anything. A name is compared exactly: no
// lower-casing, no normalisation.

/** The server stores a name in varchar(255); file systems hold 255 bytes in one path component. */
const maxNameBytes = 255;

/** What is wrong with `gun` as a name, as `has a "*"`; undefined when it can be used. */
export function repositoryNameFault(gun: string): string | undefined {
  if (gun === '') return 'is empty';
  if (Buffer.byteLength(gun) > maxNameBytes) return `is longer than ${maxNameBytes} bytes`;
  if (!gun.isWellFormed()) return 'is not valid Unicode';
  if (/\p{C}/u.test(gun)) return 'has a control character';
  if (/\s/u.test(gun)) return 'has white space';
  // They end the path of an address, hide a separator, or are read as a pattern by the server.
  const unfit = /[?#\\%*]/.exec(gun)?.[0];
  if (unfit !== undefined) return unfit === '\\' ? 'has a backslash' : `has a "${unfit}"`;
  const components = gun.split('/');
  if (components.includes('')) return 'has an empty component, or begins or ends with "/"';
  if (components.includes('.') || components.includes('..')) return 'has a "." or ".." component';
  return undefined;
}
