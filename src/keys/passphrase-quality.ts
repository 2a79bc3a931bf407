// What a new passphrase must have, and a rough word for its strength. Works on bytes, so that no copy of
// the passphrase is made that could not be wiped.

/** Fewest characters of a new passphrase; the same as docker and notary ask for at their prompts. */
export const minPassphraseCharacters = 8;

/**
 * Bits by this upper bound. Set high, because what people choose has a fraction of what it counts: below the
 * first a copied key file falls to a home computer.
 */
const strengthBits = { fair: 60, strong: 90 } as const;

/** Byte ranges that people choose characters from, and how many each adds to guess among. */
const alphabets = [
  { first: 0x30, last: 0x39, size: 10 },
  { first: 0x41, last: 0x5a, size: 26 },
  { first: 0x61, last: 0x7a, size: 26 },
  { first: 0x20, last: 0x2f, size: 16 },
  { first: 0x80, last: 0xff, size: 64 },
] as const;
/** The other signs of ASCII. */
const otherSigns = 17;

export function isLongEnough(passphrase: Uint8Array): boolean {
  // Bytes of UTF-8 that do not continue a character begin one.
  const characters = passphrase.reduce((sum, byte) => sum + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
  return characters >= minPassphraseCharacters;
}

/** The minimum as docker and notary count it. */
export function hasEightBytes(passphrase: Uint8Array): boolean {
  return passphrase.length >= minPassphraseCharacters;
}

/**
 * An upper bound in one word: length times the alphabets in use, without runs such as `aaa`, `abc` and
 * `321`. A word from a dictionary is weaker than this says; nothing is stronger.
 */
export function passphraseStrength(passphrase: Uint8Array): 'weak' | 'fair' | 'strong' {
  const used = alphabets.filter(({ first, last }) =>
    passphrase.some((byte) => byte >= first && byte <= last),
  );
  const isOther = (byte: number) =>
    !alphabets.some(({ first, last }) => byte >= first && byte <= last);
  const guesses =
    used.reduce((sum, { size }) => sum + size, 0) + (passphrase.some(isOther) ? otherSigns : 0);
  const unpredicted = passphrase.filter((byte, index) => {
    const previous = passphrase[index - 1];
    return previous === undefined || Math.abs(byte - previous) > 1;
  });
  const bits = unpredicted.length * Math.log2(Math.max(guesses, 1));
  unpredicted.fill(0);
  if (bits < strengthBits.fair) return 'weak';
  return bits < strengthBits.strong ? 'fair' : 'strong';
}
