// Another passphrase for a key that is stored.
//
// Invariants: every file of the key is opened before a new passphrase is asked for, and what is written was read
// back from the disk and opened with the new one before the old file goes; a file keeps its place, its headers
// and nothing else of the old encryption, and is written in the form of today.
import { encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { headersOfKey, keyBlocks, lockKey, unlockKey } from './key-block.ts';
import { replaceKeyFile } from './key-file.ts';
import { type FoundKey, requireId } from './key-layout.ts';
import type { PassphraseSource } from './key-store.ts';
import { unlockFound } from './passphrase-attempts.ts';
import type { PrivateKey } from './private-key.ts';

/**
 * @param files every file of one key, so that none stays readable with the old passphrase
 * @throws Failure as `unlockFound`; PASSPHRASE_UNFIT, DISK
 */
export async function changePassphrase(
  files: readonly FoundKey[],
  source: PassphraseSource,
): Promise<void> {
  const opened: { file: FoundKey; key: PrivateKey }[] = [];
  for (const file of files) {
    requireSingle(file);
    opened.push({ file, key: await unlockFound(source, file) });
  }
  const [first] = files;
  if (first === undefined) return;
  const { id, role, gun } = first.entry;
  const request = { keyId: id, role, gun, isNew: true, isChange: true, attempt: 0 };
  const passphrase = await source.passphrase(request);
  try {
    if (passphrase.length === 0) {
      throw new Failure('PASSPHRASE_UNFIT', 'a key is not stored under an empty passphrase');
    }
    for (const { file, key } of opened) await relock(file, key, passphrase);
  } finally {
    passphrase.fill(0);
  }
}

async function relock(
  { block, entry, text }: FoundKey,
  key: PrivateKey,
  passphrase: Buffer,
): Promise<void> {
  const locked = await lockKey(key, passphrase, headersOfKey(block));
  await replaceKeyFile(entry.location, encodePem(locked), text, async (written) => {
    const [stored] = keyBlocks(written);
    requireId(await unlockKey(stored, passphrase), entry.id, entry.location);
  });
}

/** Go appends a key that is imported twice to its file. What is behind the first would be lost here. */
function requireSingle({ text, entry }: FoundKey): void {
  const count = keyBlocks(text).length;
  if (count === 1) return;
  throw new Failure('KEY_UNREADABLE', `${entry.location} holds ${count} keys`, {
    meaning: 'The first is used. The others would keep the old passphrase, or be lost.',
    remedy: 'Move the other keys of the file into files of their own.',
  });
}
