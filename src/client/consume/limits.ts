// Largest files that are fetched or read before anything signed says how large they are, as in Go.
import { maxMetadataBytes } from '../../tuf/signed-file.ts';

export const maxRootBytes = maxMetadataBytes;
export const maxTimestampBytes = 1024 * 1024;
/** Of any role, whatever length is signed for it. */
export const maxFileBytes = maxMetadataBytes;
