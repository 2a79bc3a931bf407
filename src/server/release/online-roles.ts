// Makes snapshots and timestamps: previous content with the changes, one version up, a new expiry, signed by the
// keys that the root lists (HTTP API §4, rules 7 and 8). Hashes are over the bytes as received
// and stored, never over a copy written anew. Nothing leaves here whose signature was not verified.
import { Failure } from '../../errors.ts';
import {
  attachSignatures,
  composeSnapshot,
  composeTimestamp,
  release,
  type Unsigned,
} from '../../tuf/compose.ts';
import { type FileMeta, fileMeta } from '../../tuf/file-meta.ts';
import type { RoleName } from '../../tuf/role.ts';
import { type Root, roleKeysOf } from '../../tuf/root.ts';
import { checkThreshold, methodFor, type Signature } from '../../tuf/signature.ts';
import type { NewFile } from '../store/store.ts';
import type { OnlineRole, SigningService } from './signing-service.ts';

/** What was there before: content to continue, and the version to go above. */
export interface Predecessor {
  readonly version: number;
  readonly meta: ReadonlyMap<string, FileMeta>;
}

/** The predecessor of a role that was never published, or only in generations since deleted. */
export function nothingBefore(
  floors: ReadonlyMap<RoleName, number>,
  role: OnlineRole,
): Predecessor {
  return { version: floors.get(role) ?? 0, meta: new Map() };
}

export interface OnlineSigning {
  readonly signing: SigningService;
  /** The root whose keys sign: the uploaded one when there is one. */
  readonly root: Root;
  readonly nowMs: number;
}

/**
 * The next snapshot: `changed` replaces what `before` listed.
 * @throws Failure SIGNING_KEY_NOT_FOUND, SIGNER_UNAVAILABLE, SIGNING_FAILED
 */
export function makeSnapshot(
  before: Predecessor,
  changed: ReadonlyMap<RoleName, Buffer>,
  online: OnlineSigning,
): Promise<NewFile> {
  const meta = new Map(before.meta);
  for (const [role, bytes] of changed) meta.set(role, fileMeta(bytes));
  const head = release('snapshot', before.version, online.nowMs);
  return signed('snapshot', composeSnapshot({ ...head, meta }), online);
}

/** The next timestamp, naming `snapshot`. @throws as makeSnapshot */
export function makeTimestamp(
  before: Predecessor,
  snapshot: Buffer,
  online: OnlineSigning,
): Promise<NewFile> {
  const meta = new Map(before.meta).set('snapshot', fileMeta(snapshot));
  const head = release('timestamp', before.version, online.nowMs);
  return signed('timestamp', composeTimestamp({ ...head, meta }), online);
}

async function signed(
  role: OnlineRole,
  unsigned: Unsigned,
  { signing, root }: OnlineSigning,
): Promise<NewFile> {
  const keys = roleKeysOf(root, role);
  const signatures: Signature[] = [];
  let missing: unknown;
  for (const keyId of new Set(keys.keyIds)) {
    if (signatures.length === keys.threshold) break;
    const key = root.keys.get(keyId);
    if (key === undefined) continue;
    try {
      const sig = await signing.sign(keyId, unsigned.signedBytes);
      signatures.push({ keyId, method: methodFor(key.keyType), sig });
    } catch (error) {
      missing = error;
    }
  }
  if (signatures.length < keys.threshold) {
    throw missing ?? new Failure('SIGNING_KEY_NOT_FOUND', `no ${role} key is held here`);
  }
  try {
    checkThreshold(role, keys, root.keys, unsigned.signedBytes, signatures);
  } catch (cause) {
    throw new Failure('SIGNING_FAILED', `the signing service gave a wrong ${role} signature`, {
      cause,
    });
  }
  return { role, version: unsigned.version, bytes: attachSignatures(unsigned, signatures) };
}
