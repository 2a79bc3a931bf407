// The upload form of the trust server, byte for byte as Go's mime/multipart writes it: notary's server reads
// the role from the file name and ignores the rest.
//
// The files are sent as they are, without joining them; the boundary is random, so it is in none of them.

import { randomBytes } from 'node:crypto';
import type { RoleName } from '../tuf/role.ts';

export interface Form {
  readonly contentType: string;
  readonly body: readonly Buffer[];
}

/** Bytes of randomness in a boundary, as in Go. */
const boundaryBytes = 30;

/** One part for each file, in the order of the map; without any, an empty form, which Go's client sends too. */
export function uploadForm(files: ReadonlyMap<RoleName, Buffer>): Form {
  const boundary = randomBytes(boundaryBytes).toString('hex');
  const parts = [...files].flatMap(([role, bytes], index) => [
    Buffer.from(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\n` +
        `Content-Disposition: form-data; name="files"; filename="${role}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    bytes,
  ]);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: [...parts, Buffer.from(`\r\n--${boundary}--\r\n`)],
  };
}
