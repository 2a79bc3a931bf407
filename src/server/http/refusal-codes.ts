// The error codes of HTTP API §2, with the status and the words that clients match on.
// Those that Go has for a server without storage, signer or route are not here: this one does not start without them.
// This is a protocol, not Paraph's own catalogue; refusal-of-failure.ts leads from one to the other.

export const refusals = {
  NO_FILENAME: { status: 400, message: 'No file/role name provided.' },
  INVALID_ROLE: {
    status: 400,
    message: 'The role you are attempting to operate on is invalid.',
  },
  MALFORMED_JSON: {
    status: 400,
    message: 'JSON sent by the client could not be parsed by the server',
  },
  UPDATING: { status: 500, message: 'An error has occurred while updating the TUF repository.' },
  VERSION: { status: 400, message: 'A newer version of metadata is already available.' },
  METADATA_NOT_FOUND: {
    status: 404,
    message: 'You have requested metadata that does not exist.',
  },
  INVALID_UPDATE: { status: 400, message: 'Update sent by the client is invalid.' },
  MALFORMED_UPLOAD: { status: 400, message: 'The body of your request is malformed.' },
  INVALID_GUN: {
    status: 400,
    message: 'The server does not support actions on images of this name.',
  },
  INVALID_PARAMETERS: { status: 400, message: 'The parameters provided are not valid.' },
  UNAUTHORIZED: { status: 401, message: 'authentication required' },
  UNKNOWN: { status: 500, message: 'unknown error' },
  // Registered by the library that Go shares with its registry; Go's own routes do not use these.
  UNAVAILABLE: { status: 503, message: 'service unavailable' },
  TOOMANYREQUESTS: { status: 429, message: 'too many requests' },
  // Ours, for what Go has no limit for.
  UPLOAD_TOO_LARGE: { status: 413, message: 'The upload is larger than this server accepts.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type RefusalCode = keyof typeof refusals;
