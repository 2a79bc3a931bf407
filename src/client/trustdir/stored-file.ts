// Reading a file of the trust directory. It is one of ours or of Go's programs, or was put there by someone.
import { readBounded } from '../../disk/bounded-read.ts';
import { Failure } from '../../errors.ts';

/**
 * The bytes of `path`; undefined when there is no such file.
 * @throws Failure CACHE_DAMAGED for more than `maxBytes`, as nothing that large was ever written here, and for
 * what is no regular file; DISK
 */
export async function readStored(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const read = await readBounded(path, maxBytes);
  if (read.kind === 'bytes') return read.bytes;
  if (read.kind === 'missing') return undefined;
  if (read.kind === 'irregular') {
    throw new Failure('CACHE_DAMAGED', `${path} is not a regular file`);
  }
  throw new Failure('CACHE_DAMAGED', `${path} is larger than ${maxBytes} bytes`, {
    facts: { path, size: `${read.sizeBytes} bytes`, limit: `${maxBytes} bytes` },
  });
}
