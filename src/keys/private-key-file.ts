// The text of a private key file that the user names, for an import. As docker does, a file that others of this
// machine may read or write is refused (docker trust §6): it may have been copied or exchanged already. Rights and content
// are those of one open file: the name may be given to another between two looks.
import { readBounded } from '../disk/bounded-read.ts';
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
  const read = await readBounded(path, maxBytes);
  if (read.kind === 'missing') {
    throw new Failure('DISK', `stat ${shownAs}: no such file or directory`, {
      remedy: 'Check the name of the file.',
    });
  }
  if (read.kind === 'too-large') {
    throw new Failure('KEY_LIMITS', `${shownAs} is larger than a file of keys may be (1 MiB)`);
  }
  if (read.kind !== 'bytes') throw new Failure('DISK', `${shownAs} is no regular file`);
  try {
    requireOwnersAlone(read.mode, shownAs);
    return read.bytes.toString('utf8');
  } finally {
    read.bytes.fill(0);
  }
}

/** Windows has no such rights; there every file says that all may read it. */
function requireOwnersAlone(mode: number, shownAs: string): void {
  if (process.platform === 'win32' || (mode & othersMode) === 0) return;
  throw new Failure(
    'DISK',
    `private key file ${shownAs} must not be readable or writable by others`,
    { remedy: `chmod 600 ${shownAs}` },
  );
}
