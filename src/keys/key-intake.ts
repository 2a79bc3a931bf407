// Bringing a key into the form in which it is stored: encrypted, with headers that say whose it is. Nothing is
// written here.
//
// Invariants: no key leaves without a passphrase; a key that claims an id has that id, unless it is taken as it
// came, and then it is found out when it is opened.
import type { PemBlock } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { isLocked, isReadByGo, lockKey, ownerHeaders, readKey } from './key-block.ts';
import { requireId } from './key-layout.ts';
import type { PassphraseSource } from './key-store.ts';
import { unlockByAsking } from './passphrase-attempts.ts';
import type { PrivateKey } from './private-key.ts';

export interface Owner {
  readonly role: string;
  readonly gun: string | undefined;
}

/** A key ready to be stored. */
export interface LockedKey {
  readonly id: string;
  readonly owner: Owner;
  readonly block: PemBlock;
  /** Absent when it was not opened. */
  readonly key?: PrivateKey;
}

/** A key of a file from elsewhere. */
export interface ForeignKey {
  readonly block: PemBlock;
  /** Id that the file claims; empty when it claims none. */
  readonly idHint: string;
  readonly owner: Owner;
  /** What messages call the file. */
  readonly from: string;
}

/** Encrypts a key under a passphrase that is chosen now. @throws Failure PASSPHRASE_… */
export async function lockAnew(
  source: PassphraseSource,
  key: PrivateKey,
  owner: Owner,
): Promise<LockedKey> {
  const id = key.publicKey.canonicalId;
  const passphrase = await source.passphrase({ keyId: id, ...owner, isNew: true, attempt: 0 });
  try {
    if (passphrase.length === 0) {
      throw new Failure('PASSPHRASE_UNFIT', 'a key is not stored under an empty passphrase');
    }
    return { id, owner, key, block: await lockKey(key, passphrase, ownerHeaders(owner)) };
  } finally {
    passphrase.fill(0);
  }
}

/** Under its own passphrase, or a new one if it had none. @throws Failure as `KeyImporter.importKeys` */
export async function takeIn(source: PassphraseSource, foreign: ForeignKey): Promise<LockedKey> {
  const { block, idHint, owner, from } = foreign;
  if (!isLocked(block)) {
    const key = readKey(block);
    requireId(key, idHint, from);
    return lockAnew(source, key, owner);
  }
  const claim = { keyId: idHint, ...owner };
  const { key, passphrase } = await unlockByAsking(source, block, claim);
  try {
    requireId(key, idHint, from);
    const locked = await lockKey(key, passphrase, ownerHeaders(owner));
    return { id: key.publicKey.canonicalId, owner, key, block: locked };
  } finally {
    passphrase.fill(0);
  }
}

/** As it came, without its passphrase; undefined when it must be opened to be named or to be read by Go. */
export function takenAsItIs({ block, idHint, owner }: ForeignKey): LockedKey | undefined {
  if (idHint === '' || !isReadByGo(block)) return undefined;
  return { id: idHint, owner, block: { ...block, headers: ownerHeaders(owner) } };
}
