// Files that a configuration consists of or names: settings, certificates, keys, passphrases. Read whole, once and
// bounded, whatever lies under the name. What is in them is for whoever asks.
import { readWhole } from '../disk/bounded-read.ts';
import { Failure } from '../errors.ts';

export interface NamedFile {
  readonly bytes: Buffer;
  /** Of the file, with its permission bits. */
  readonly mode: number;
}

/**
 * @param kind what the file is, for the message: `private key file`
 * @throws Failure CONFIG_INVALID: unreadable (the system's error is the cause), not a regular file, or larger than
 *   `maxBytes`
 */
export async function readNamedFile(
  file: string,
  kind: string,
  maxBytes: number,
): Promise<NamedFile> {
  const refused = (problem: string, cause?: unknown): Failure =>
    new Failure('CONFIG_INVALID', `${kind} ${file} ${problem}`, { cause });
  const read = await readWhole(file, maxBytes).catch((cause: unknown) => {
    throw refused('cannot be read', cause);
  });
  if (read.kind === 'irregular') throw refused('is not a regular file');
  if (read.kind === 'too-large') throw refused(`is larger than ${maxBytes} bytes`);
  return read;
}
