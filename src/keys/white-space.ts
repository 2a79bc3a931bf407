// What Go takes off both ends of a typed passphrase: white space of Unicode. Works on the bytes of UTF-8, so
// that no copy of the passphrase is made that could not be wiped.

/** Every character that Go's unicode.IsSpace knows, by the first and last of each run in its UTF-8 form. */
const runs: readonly (readonly [first: string, last: string])[] = [
  ['09', '0d'],
  ['20', '20'],
  ['c285', 'c285'],
  ['c2a0', 'c2a0'],
  ['e19a80', 'e19a80'],
  ['e28080', 'e2808a'],
  ['e280a8', 'e280a9'],
  ['e280af', 'e280af'],
  ['e2819f', 'e2819f'],
  ['e38080', 'e38080'],
];
const longestBytes = 3;

const spaces = runs.map(([first, last]) => ({
  first: Buffer.from(first, 'hex'),
  last: Buffer.from(last, 'hex'),
}));

/** The bytes without white space around them, in a buffer of its own that the caller wipes. */
export function trimmedCopy(bytes: Uint8Array): Buffer {
  let start = 0;
  let end = bytes.length;
  for (let width = 1; width > 0; start += width) width = spaceAt(bytes, start, end);
  for (let width = 1; width > 0; end -= width) width = spaceBefore(bytes, start, end);
  const copy = Buffer.alloc(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

/** Bytes of the white space that begins at `start`; 0 when another character does. */
function spaceAt(bytes: Uint8Array, start: number, end: number): number {
  for (let width = 1; width <= Math.min(longestBytes, end - start); width += 1) {
    if (isSpace(bytes.subarray(start, start + width))) return width;
  }
  return 0;
}

function spaceBefore(bytes: Uint8Array, start: number, end: number): number {
  for (let width = 1; width <= Math.min(longestBytes, end - start); width += 1) {
    if (isSpace(bytes.subarray(end - width, end))) return width;
  }
  return 0;
}

function isSpace(character: Uint8Array): boolean {
  return spaces.some(
    ({ first, last }) =>
      first.length === character.length &&
      first.compare(character) <= 0 &&
      last.compare(character) >= 0,
  );
}
