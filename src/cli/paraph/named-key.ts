// Keys as people name them: by their ID, or by 7 digits or more of its beginning.
import { Failure } from '../../errors.ts';
import type { KeyEntry } from '../../keys/key-store.ts';
import { tableId } from '../render/short-id.ts';
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
  requireKeyId(text, command);
  const found = keys.filter(({ id }) => id.startsWith(text));
  const [key, ...more] = found;
  if (key === undefined) {
    throw new Failure('KEY_NOT_FOUND', `there is no key ${text} here`, {
      facts: { 'keys here': keys.map(({ id }) => tableId(id)).join(', ') || 'none' },
      remedy: 'Name one of these; paraph key list says what they are for.',
    });
  }
  if (more.length === 0) return key;
  throw new Failure('KEY_NOT_FOUND', `${text} is the beginning of ${found.length} keys`, {
    facts: { 'keys here': found.map(({ id }) => id).join(', ') },
    remedy: 'Give more digits.',
  });
}
