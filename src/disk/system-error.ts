// What the system answers when work on a file fails: its code, and the coded failure made of it.
import { Failure } from '../errors.ts';

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'the file size limit is reached'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['EISDIR', 'there is a directory of that name'],
  ['EMFILE', 'too many open files'],
  ['ELOOP', 'too many symbolic links'],
]);

/** What file systems answer that know no hard links, or have no room for one more. */
const noHardLinks: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
]);

/** The `code` of a system error, such as ENOENT; empty for anything else. */
export function systemCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** True for the error of a hard link that this file system cannot make at all. */
export function isNoHardLinks(error: unknown): boolean {
  return noHardLinks.has(systemCode(error));
}

/** `error` of an operation on `path`, as DISK: `verb` says what could not be done. A Failure stays as it is. */
export function diskFailure(verb: string, path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = systemCode(error);
  const reason = reasons.get(code) ?? (code === '' ? String(error) : code);
  return new Failure('DISK', `could not ${verb} ${path}: ${reason}`, {
    cause: error,
    facts: { path, reason },
  });
}

/**
 * Runs `work`; a system error of one of the codes `benign` gives undefined.
 * @throws Failure DISK for any other, in the words of `diskFailure`
 */
export async function attempt<T>(
  verb: string,
  path: string,
  work: () => Promise<T>,
  ...benign: readonly string[]
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (benign.includes(systemCode(error))) return undefined;
    throw diskFailure(verb, path, error);
  }
}
