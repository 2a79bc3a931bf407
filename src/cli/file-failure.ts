// Files that arguments name, in the words in which Go's system calls fail: `open FILE: no such file or directory`.
import { systemCode } from '../disk/system-error.ts';
import { Failure } from '../errors.ts';

const systemWords: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'is a directory'],
  ['ENOTDIR', 'not a directory'],
  ['ENAMETOOLONG', 'file name too long'],
  ['ELOOP', 'too many levels of symbolic links'],
]);

/** @param call what Go would have called, such as `open` */
export function fileFailure(call: string, path: string, cause: unknown): Failure {
  const code = systemCode(cause);
  // Go opens a directory and fails at reading it.
  const failed = code === 'EISDIR' ? 'read' : call;
  const problem = systemWords.get(code) ?? (code === '' ? 'cannot be used' : code);
  // A name that leads nowhere is a slip of whoever typed it, not a fault of the disk.
  const isSlip = code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
  return new Failure(isSlip ? 'USAGE' : 'DISK', `${failed} ${path}: ${problem}`, { cause });
}
