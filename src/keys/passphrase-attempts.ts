// Opening one encrypted block with what a passphrase source answers, a bounded number of times.
import type { PemBlock } from '../encoding/pem.ts';
import { Failure, isFailure } from '../errors.ts';
import { isLocked, readKey, unlockKey } from './key-block.ts';
import { type FoundKey, requireId, rethrowNaming } from './key-layout.ts';
import { describeKey, type PassphraseSource } from './key-store.ts';
import type { PrivateKey } from './private-key.ts';

/** Tries with different passphrases, should the source never give up; each costs a derivation. */
const maxAttempts = 6;

/** What is known about the key before it is open. */
export interface KeyClaim {
  /** Empty when the file does not say. */
  readonly keyId: string;
  readonly role: string;
  readonly gun: string | undefined;
}

/**
 * The key, and the passphrase that opened it, which the caller wipes.
 * @throws Failure as `unlockKey`, and what the source throws
 */
export async function unlockByAsking(
  source: PassphraseSource,
  block: PemBlock,
  claim: KeyClaim,
): Promise<{ key: PrivateKey; passphrase: Buffer }> {
  for (let attempt = 0; ; attempt += 1) {
    const passphrase = await source.passphrase({ ...claim, isNew: false, attempt });
    try {
      return { key: await unlockKey(block, passphrase), passphrase };
    } catch (error) {
      passphrase.fill(0);
      if (!isFailure(error, 'PASSPHRASE_WRONG')) throw error;
      if (attempt + 1 >= maxAttempts) throw wrongPassphrase(claim, error);
    }
  }
}

/** The key of a file, opened if need be. @throws Failure as `unlockByAsking`; KEY_UNREADABLE for another key */
export async function unlockFound(
  source: PassphraseSource,
  { block, entry }: FoundKey,
): Promise<PrivateKey> {
  const key = await keyOf(source, block, entry).catch(rethrowNaming(entry.location));
  requireId(key, entry.id, entry.location);
  return key;
}

async function keyOf(
  source: PassphraseSource,
  block: PemBlock,
  { id, role, gun }: FoundKey['entry'],
): Promise<PrivateKey> {
  if (!isLocked(block)) return readKey(block);
  const { key, passphrase } = await unlockByAsking(source, block, { keyId: id, role, gun });
  passphrase.fill(0);
  return key;
}

function wrongPassphrase(claim: KeyClaim, cause: unknown): Failure {
  return new Failure('PASSPHRASE_WRONG', `the passphrase does not open ${describeKey(claim)}`, {
    cause,
    meaning: 'It is the passphrase of another key, or the file was altered after it was encrypted.',
  });
}
