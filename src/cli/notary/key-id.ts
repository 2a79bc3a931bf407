// Ids of keys as arguments: all of their 64 digits.
import { Failure } from '../../errors.ts';

const idLength = 64;

/** @throws Failure USAGE in notary's words */
export function requireKeyId(text: string): string {
  if (Buffer.byteLength(text) === idLength) return text;
  throw new Failure('USAGE', `invalid key ID provided: ${text}`);
}
