// The text of a private key file that the user names, for an import. As docker does, a file that others of this
// machine may read or write is refused (docker trust §6): it may have been copied or exchanged already.
import { stat } from 'node:fs/promises';
import { readBounded } from '../disk/bounded-read.ts';
import { attempt } from '../disk/system-error.ts';
import { Failure } from '../errors.ts';

/** As much as an import takes. */
const maxBytes = 1024 * 1024;
/** Rights of group and others. */
const othersMode = 0o077;

/**
 * @param shownAs what messages call the file, which are docker's
 * @throws Failure DISK, also for a file that is missing, is none, or is not for its owner alone; KEY_LIMITS
 */
export async function readPrivateKeyFile(path: string, shownAs = path): Promise<string> {
  const found = await attempt('read', path, () => stat(path), 'ENOENT', 'ENOTDIR');
  if (found === undefined) {
    throw new Failure('DISK', `stat ${shownAs}: no such file or directory`, {
      remedy: 'Check the name of the file.',
    });
  }
  // Windows has no such rights; there every file says that all may read it.
  if (process.platform !== 'win32' && (found.mode & othersMode) !== 0) {
    throw new Failure(
      'DISK',
      `private key file ${shownAs} must not be readable or writable by others`,
      { remedy: `chmod 600 ${shownAs}` },
    );
  }
  const read = await readBounded(path, maxBytes);
  if (read.kind === 'too-large') {
    throw new Failure('KEY_LIMITS', `${shownAs} is larger than a file of keys may be (1 MiB)`);
  }
  if (read.kind !== 'bytes') throw new Failure('DISK', `${shownAs} is no regular file`);
  const text = read.bytes.toString('utf8');
  read.bytes.fill(0);
  return text;
}
