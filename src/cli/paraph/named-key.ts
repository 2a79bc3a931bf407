// Keys as people name them: by their ID, or by 7 digits or more of its beginning.
import { Failure } from '../../errors.ts';
import type { KeyEntry } from '../../keys/key-store.ts';
import { wrongValue } from './usage-failure.ts';

/** @throws Failure USAGE for what cannot be the beginning of an ID */
export function requireKeyId(text: string, command: string): string {
  if (/^[0-9a-f]{7,64}$/.test(text)) return text;
  throw wrongValue(
    `${JSON.stringify(text.slice(0, 100))} is not an ID, or at least 7 digits of its beginning`,
    { command, hints: ['paraph key list shows the keys on this machine.'] },
  );
}

/** The one private key here that `text` names. @throws Failure USAGE; KEY_NOT_FOUND for none, and for several */
export function keyNamed(text: string, keys: readonly KeyEntry[], command: string): KeyEntry {
  const id = idNamed(
    text,
    keys.map((key) => key.id),
    { command, where: 'here' },
  );
  const found = keys.find((key) => key.id === id);
  if (found === undefined) throw new Failure('KEY_NOT_FOUND', `there is no key ${text} here`);
  return found;
}

export interface KnownIds {
  readonly command: string;
  /** Where the ids are from, as in `there is no key 7a3d54e here`. */
  readonly where: string;
}

/** The one of `ids` that `text` names, in full. @throws Failure USAGE; KEY_NOT_FOUND for none, and for several */
export function idNamed(
  text: string,
  ids: readonly string[],
  { command, where }: KnownIds,
): string {
  requireKeyId(text, command);
  const found = [...new Set(ids)].filter((id) => id.startsWith(text)).toSorted();
  const [id] = found;
  if (id === undefined) {
    throw new Failure('KEY_NOT_FOUND', `there is no key ${text} ${where}`, {
      facts: { keys: [...new Set(ids)].map((known) => known.slice(0, 12)).join(', ') || 'none' },
      remedy: 'Name one of these.',
    });
  }
  if (found.length === 1) return id;
  throw new Failure('KEY_NOT_FOUND', `${text} is the beginning of ${found.length} keys`, {
    facts: { keys: found.join(', ') },
    remedy: 'Give more digits.',
  });
}
