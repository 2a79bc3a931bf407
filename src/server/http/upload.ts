// From the body of a POST to the files it holds, or to the answer that HTTP API §3 gives for a
// body that is not an upload. Says nothing of whether the files may be published.
import { isRoleName, isTargetsRole, type RoleName } from '../../tuf/role.ts';
import { type Answer, refusal } from './answer.ts';
import { readMultipart } from './multipart.ts';

export type UploadResult =
  | { readonly kind: 'files'; readonly files: ReadonlyMap<RoleName, Buffer> }
  | { readonly kind: 'refused'; readonly answer: Answer };

export interface UploadLimits {
  readonly fileBytes: number;
  readonly smallFileBytes: number;
  readonly uploadFiles: number;
}

/**
 * The uploaded files by role; the last one of a role counts. Parts that belong to no role are refused, as Go
 * does: an upload is never taken to hold less than it did.
 */
export function readUpload(body: Buffer, boundary: string, limits: UploadLimits): UploadResult {
  const result = readMultipart(body, boundary, limits.uploadFiles);
  if (result.kind === 'malformed') return refused(refusal('MALFORMED_UPLOAD'));
  if (result.kind === 'too-many') return refused(refusal('UPLOAD_TOO_LARGE'));
  const files = new Map<RoleName, Buffer>();
  for (const part of result.parts) {
    const role = part.filename.replace(/\.json$/, '');
    if (role === '') return refused(refusal('NO_FILENAME'));
    if (!isRoleName(role)) return refused(refusal('INVALID_ROLE', role));
    const maxBytes = isTargetsRole(role) ? limits.fileBytes : limits.smallFileBytes;
    if (part.bytes.length > maxBytes) return refused(refusal('UPLOAD_TOO_LARGE', role));
    files.set(role, part.bytes);
  }
  return { kind: 'files', files };
}

function refused(answer: Answer): UploadResult {
  return { kind: 'refused', answer };
}
