// The one catalogue of failures. Every error that leaves a room of Paraph carries one of these codes;
// scripts may rely on the code and on the exit status it implies, never on the prose.
//
// A failure has three parts that are never mixed: what the user sees (message, facts, meaning, remedy), what a
// log gets (the cause chain), and the exit status. No secret may be put in any of them. What the trust server
// answers over HTTP is notary's, in server/http/refusal-of-failure.ts. docs/reference/errors.md is made from this
// table.

/** Exit statuses of the `paraph` grammar. */
export const exitStatus = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unsigned: 4,
  expired: 5,
  unreachable: 6,
  denied: 7,
  key: 8,
  conflict: 9,
  machine: 10,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

interface CatalogueEntry {
  readonly exit: ExitStatus;
  /** What this failure means, for the generated reference: one sentence, no full stop. */
  readonly summary: string;
  /** What the reader can do; used when the place that throws knows nothing better. */
  readonly remedy: string;
}

const { failed, usage, refused, unsigned, expired, unreachable, denied, key, conflict, machine } =
  exitStatus;

export const catalogue = {
  // -- how a program was called
  USAGE: {
    exit: usage,
    summary: 'The command line is wrong',
    remedy: 'Examples: paraph help, paraph COMMAND --help; of a daemon: -help.',
  },
  CONFIG_INVALID: {
    exit: usage,
    summary: 'A configuration file or variable is wrong or unknown where that matters for security',
    remedy: 'Correct the setting that is named; docs/guide/operating.md lists every one.',
  },
  BACKEND_UNAVAILABLE: {
    exit: usage,
    summary: 'The configuration names a storage backend that this release does not have',
    remedy: 'Use postgres, sqlite or memory; MySQL and RethinkDB are not here.',
  },
  REFERENCE_INVALID: {
    exit: usage,
    summary: 'An image reference or repository name cannot be used',
    remedy: 'Write NAME:TAG, for example registry.example.com/team/app:1.4.',
  },
  ROLE_INVALID: {
    exit: usage,
    summary: 'A role name is not valid',
    remedy: 'Use root, targets, snapshot, timestamp, or targets/NAME in lower case.',
  },

  // -- trust data that must not be believed
  JSON_INVALID: {
    exit: refused,
    summary: 'A document is not strict JSON, or is deeper or larger than allowed',
    remedy:
      'Check that the address is that of a trust server and that nothing rewrites its answers.',
  },
  ENCODING_INVALID: {
    exit: refused,
    summary: 'A DER or PEM structure is damaged or not in its one permitted form',
    remedy: 'Check that the file or answer is what it should be; restore it from its source.',
  },
  METADATA_INVALID: {
    exit: refused,
    summary: 'A metadata file does not have the structure its role requires',
    remedy: 'Check that the address is that of a trust server; ask the publisher to publish again.',
  },
  KEY_ID_MISMATCH: {
    exit: refused,
    summary: 'A key is listed under an id that is not the hash of its content',
    remedy: 'Do not use this repository until the publisher explains the change.',
  },
  THRESHOLD_UNMET: {
    exit: refused,
    summary: 'A metadata file does not carry enough valid signatures of the keys of its role',
    remedy:
      'The file was altered on the way or signed with a wrong key. Try again; if it persists, ask the publisher.',
  },
  ROLLBACK: {
    exit: refused,
    summary: 'A metadata file is older than one already seen: a replay of an old state',
    remedy:
      'A mirror may be behind, or someone replays old answers. Try again from another network.',
  },
  VERSION_LEAP: {
    exit: refused,
    summary:
      'A version number leaps by more than 1,000,000, which would close the repository for good',
    remedy: 'Ask the publisher; a version bomb needs the key of the role that is named.',
  },
  HASH_MISMATCH: {
    exit: refused,
    summary:
      'A file is not the one that the signed parent file names (tampering, or mix and match)',
    remedy: 'Try again; if it persists, the server or something before it alters files.',
  },
  ROLE_NOT_IN_SNAPSHOT: {
    exit: refused,
    summary: 'A role that was listed before is missing in the newer snapshot',
    remedy: 'Ask the publisher whether the role was removed on purpose.',
  },
  ROOT_CHANGED: {
    exit: refused,
    summary: 'The root of trust offered is not signed by the root trusted so far',
    remedy: 'Ask the publisher for the new root ID by another way before you trust it.',
  },
  ROOT_INVALID: {
    exit: refused,
    summary: 'A root file is not signed by its own keys or has no usable certificate for this name',
    remedy: 'Ask the publisher to publish the root again.',
  },
  ROOT_CHAIN_BROKEN: {
    exit: refused,
    summary: 'The chain of root versions has a gap or a link that the previous root did not sign',
    remedy: 'Try again; if it persists, the server withholds a root version.',
  },
  PIN_MISMATCH: {
    exit: refused,
    summary: 'The root offered does not match the pin configured for this repository',
    remedy: 'Compare the pin with the ID that the publisher gave by another way.',
  },
  PIN_REQUIRED: {
    exit: refused,
    summary: 'Trust on first use is switched off and no pin is configured for this repository',
    remedy: 'Add a pin for this repository, with an ID that the publisher gave by another way.',
  },
  LOAD_ORDER: {
    exit: failed,
    summary: 'Metadata was loaded in an order that cannot be verified (a defect in Paraph)',
    remedy: 'Report this with the command you ran.',
  },
  MANIFEST_INVALID: {
    exit: refused,
    summary: 'An image manifest is of an unknown kind, or could be read as two different images',
    remedy: 'Push the image again with a current tool; do not sign or use it as it is.',
  },
  DIGEST_MISMATCH: {
    exit: refused,
    summary: 'Content does not have the digest that was signed or asked for',
    remedy: 'Do not use the content. The registry, or something before it, altered it.',
  },
  RESPONSE_TOO_LARGE: {
    exit: refused,
    summary: 'An answer is larger than the signed length or the limit for its kind',
    remedy: 'Check that the address is that of a trust server or registry.',
  },

  // -- nothing signed
  NO_TRUST_DATA: {
    exit: unsigned,
    summary: 'The trust server has no trust data for the repository',
    remedy: 'Check the name and the trust server; its publisher may not sign it.',
  },
  TAG_NOT_SIGNED: {
    exit: unsigned,
    summary: 'The tag is not signed, or not by a signer who counts',
    remedy: 'Ask the publisher to sign the tag, or use one that is signed.',
  },
  IMAGE_NOT_FOUND: {
    exit: failed,
    summary: 'The registry does not have the tag or digest',
    remedy: 'Check the name and the tag; push the image before it is signed.',
  },
  METADATA_MISSING: {
    exit: unsigned,
    summary: 'The trust server does not have a metadata file that it should have',
    remedy: 'Check the address of the trust server; ask its operator whether data was lost.',
  },

  // -- out of date
  METADATA_EXPIRED: {
    exit: expired,
    summary: 'A metadata file is out of date',
    remedy:
      'Compare the times given: a wrong clock, a mirror that is behind, or a publisher who must sign again.',
  },
  CERTIFICATE_EXPIRED: {
    exit: expired,
    summary: 'The certificate of the root key is out of date',
    remedy: 'The publisher renews the certificate of the same key and publishes the root again.',
  },

  // -- not reached
  UNREACHABLE: {
    exit: unreachable,
    summary: 'A server could not be reached',
    remedy: 'Check the address and the network.',
  },
  TLS_UNTRUSTED: {
    exit: unreachable,
    summary:
      'The certificate of a server is not signed by a trusted authority or is for another name',
    remedy: 'Put the CA certificate that its operator gave you in ~/.docker/tls/HOST:PORT/ca.crt.',
  },
  TIMEOUT: {
    exit: unreachable,
    summary: 'A server did not answer in time, or answered too slowly',
    remedy: 'Try again; if it persists, ask the operator of the server.',
  },
  SERVER_ERROR: {
    exit: unreachable,
    summary: 'A server failed or answered something that is not part of its protocol',
    remedy: 'Try again later; if it persists, ask the operator of the server.',
  },
  RATE_LIMITED: {
    exit: unreachable,
    summary: 'A server refuses to answer so many requests',
    remedy: 'Wait and try again.',
  },
  NOT_A_TRUST_SERVER: {
    exit: unreachable,
    summary:
      'The address answers, but not as a trust server or registry does (for example with HTML)',
    remedy: 'Check DOCKER_CONTENT_TRUST_SERVER and anything between you and the server.',
  },
  SIGNER_UNAVAILABLE: {
    exit: unreachable,
    summary: 'The signing service could not be reached',
    remedy: 'Start paraph-signer and check trust_service in the server configuration.',
  },

  // -- not allowed
  UNAUTHORIZED: {
    exit: denied,
    summary: 'A server asks for a login, or refuses the one it was given',
    remedy: 'Run docker login for the registry, or check the credentials.',
  },
  FORBIDDEN: {
    exit: denied,
    summary: 'The login is good but does not have the right that is needed',
    remedy: 'Ask the owner of the repository for the right that is named.',
  },
  CREDENTIALS_UNREADABLE: {
    exit: denied,
    summary: 'The stored login for a server could not be read',
    remedy: 'Run docker login again, or check the credential helper that is named.',
  },
  UPLOAD_REJECTED: {
    exit: failed,
    summary: 'The trust server refused an upload',
    remedy: 'Read what the server said; nothing was published.',
  },

  PUSH_FAILED: {
    exit: failed,
    summary: 'The engine could not push an image that was to be signed',
    remedy: 'Read what the engine says; nothing was signed.',
  },
  PUSH_UNCLEAR: {
    exit: refused,
    summary: 'The engine did not say, or not in one way, which image it pushed',
    remedy:
      'Nothing was signed. The image is in the registry: paraph sign IMAGE:TAG signs what the registry has.',
  },

  // -- keys
  KEY_NOT_FOUND: {
    exit: key,
    summary: 'A private key that is needed is not on this machine',
    remedy:
      'Run the command where the key is, or copy its file into ~/.docker/trust/private here (notary key import FILE does too).',
  },
  KEY_UNREADABLE: {
    exit: key,
    summary: 'A key file is damaged or of a kind that cannot be used',
    remedy: 'Restore the file from its backup.',
  },
  KEY_UNENCRYPTED: {
    exit: key,
    summary: 'A private key is not encrypted where only an encrypted one may be used',
    remedy: 'Encrypt it: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA1',
  },
  KEY_LIMITS: {
    exit: key,
    summary: 'A key file asks for more work than is allowed before its passphrase can be checked',
    remedy: 'Restore the file from its backup; a key file from elsewhere may be an attack.',
  },
  PASSPHRASE_WRONG: {
    exit: key,
    summary: 'The passphrase does not open the key',
    remedy: 'Give the passphrase with which this key was made.',
  },
  PASSPHRASE_MISSING: {
    exit: key,
    summary: 'A passphrase is needed and there is no terminal to ask at',
    remedy: 'Set the variable that is named, or give --passphrase-file or --passphrase-fd.',
  },
  PASSPHRASE_UNFIT: {
    exit: key,
    summary: 'A new passphrase is too short, or the two entries differ',
    remedy: 'Choose at least 8 characters; a random one from a password manager is best.',
  },
  KEY_ROLE_MISMATCH: {
    exit: key,
    summary: 'A key exists, but is for another role or repository',
    remedy: 'Name the key that belongs to this role.',
  },
  SIGNING_KEY_NOT_FOUND: {
    exit: key,
    summary: 'The signing service does not have the key',
    remedy:
      'Take the snapshot key to this server by a rotation, or restore the database of the signer.',
  },
  SIGNING_KEY_LOCKED: {
    exit: key,
    summary: 'The signing service has the key but cannot decrypt it',
    remedy: 'Give the signer the passphrase of the alias that is named. No new key was made.',
  },
  ALGORITHM_UNSUPPORTED: {
    exit: key,
    summary: 'A key algorithm is not supported here',
    remedy: 'Use ecdsa or ed25519.',
  },
  SIGNING_FAILED: {
    exit: key,
    summary: 'A signature could not be made',
    remedy: 'Read the cause; nothing was published.',
  },

  // -- conflict
  VERSION_CONFLICT: {
    exit: conflict,
    summary: 'Someone published meanwhile: a newer version is already there',
    remedy: 'Run the command again; it starts from what is published now.',
  },
  ALREADY_INITIALISED: {
    exit: conflict,
    summary: 'The repository is signed already',
    remedy:
      'Sign with its existing keys; copy their files into ~/.docker/trust/private if they are elsewhere.',
  },

  // -- this machine
  LOCKED: {
    exit: machine,
    summary: 'Another process holds the lock of the trust directory',
    remedy: 'Wait until the process that is named has ended.',
  },
  DISK: {
    exit: machine,
    summary: 'A file could not be read or written',
    remedy: 'Check free space and permissions of the path that is named.',
  },
  CACHE_DAMAGED: {
    exit: machine,
    summary: 'A file of the trust directory is damaged',
    remedy: 'Remove the file that is named; it is fetched again.',
  },
  STORE_FAILED: {
    exit: machine,
    summary: 'The database of a service failed',
    remedy: 'Read the cause in the log of the service.',
  },
  ADDON_MISSING: {
    exit: machine,
    summary: 'A compiled add-on that this store needs was not built at installation',
    remedy: 'Install python3, make and g++, then run npm ci again; the memory store needs none.',
  },
  INTERNAL: {
    exit: failed,
    summary: 'Something failed that Paraph did not expect',
    remedy: 'Report this with the command you ran.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

export interface FailureOptions {
  readonly cause?: unknown;
  /** Facts beside the message, in order: short name to value, such as `trusted` to `1f54328 since …`. */
  readonly facts?: Readonly<Record<string, string>>;
  /** What it can mean, likeliest first: whole sentences. */
  readonly meaning?: string;
  /** Replaces the catalogue's remedy where the thrower knows the exact command. */
  readonly remedy?: string;
}

/** What is told otherwise of a failure that is known already; facts are all of them. */
export type Retelling = Omit<FailureOptions, 'cause'> & { readonly message?: string };

/**
 * The only error class that Paraph throws on purpose. `message` says what happened and to what, as a
 * short clause without a full stop; it must never contain a secret.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, string>>;
  readonly meaning: string | undefined;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
    this.meaning = options.meaning;
    this.remedy = options.remedy ?? catalogue[code].remedy;
  }

  get exit(): ExitStatus {
    return catalogue[this.code].exit;
  }

  /** The same failure in other words, with this one as its cause; what is not given stays as it is. */
  with(other: Retelling): Failure {
    const { code, message, facts, meaning, remedy } = this;
    const told = { facts, remedy, ...(meaning === undefined ? {} : { meaning }), ...other };
    return new Failure(code, other.message ?? message, { ...told, cause: this });
  }
}

/** True when `error` is a Failure with one of `codes` (any code when none is given). */
export function isFailure(error: unknown, ...codes: readonly ErrorCode[]): error is Failure {
  return error instanceof Failure && (codes.length === 0 || codes.includes(error.code));
}

/** Whatever was thrown, as a Failure: an unexpected error becomes INTERNAL with its cause kept. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure('INTERNAL', `unexpected: ${message}`, { cause: error });
}
