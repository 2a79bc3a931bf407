// Largest files that are fetched or read before anything signed says how large they are, as in Go.
export const maxRootBytes = 100 * 1024 * 1024;
export const maxTimestampBytes = 1024 * 1024;
/** Of any role, whatever length is signed for it. */
export const maxFileBytes = 100 * 1024 * 1024;
