// Recognises an entry of a targets file in the one form that Go, docker and Paraph write for a tag without a
// custom member. What is not recognised here is no fault: it goes to the JSON reader.

const opening = Buffer.from('{"hashes":{"sha256":"');
const sha512Opening = Buffer.from('","sha512":"');
const lengthOpening = Buffer.from('"},"length":');
const sha256Digits = 43;
const sha512Digits = 86;
/** Digits of a length that JavaScript surely holds exactly. */
const maxLengthDigits = 15;
const equalsSign = 0x3d;
const closeBrace = 0x7d;
const digit0 = 0x30;
const digit9 = 0x39;

/**
 * Last digits that leave the spare bits of one or two padding signs zero. Go reads others too, and writes these: an
 * entry that ends otherwise is not one that may be copied as it stands.
 */
const lastDigits = [Buffer.from('AEIMQUYcgkosw048'), Buffer.from('AQgw')];

/** 1 for each byte of the standard base64 alphabet. */
const isBase64Digit = new Uint8Array(256);
for (const byte of Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
)) {
  isBase64Digit[byte] = 1;
}

/** The offset after the entry that starts at `start`, or -1 when it is in another form. */
export function matchPlainTarget(bytes: Buffer, start: number): number {
  let at = matchDigest(bytes, matchText(bytes, start, opening), sha256Digits, 1);
  const long = matchText(bytes, at, sha512Opening);
  if (long > 0) at = matchDigest(bytes, long, sha512Digits, 2);
  return matchLength(bytes, matchText(bytes, at, lengthOpening));
}

function matchText(bytes: Buffer, at: number, text: Buffer): number {
  if (at < 0) return -1;
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[at + index] !== text[index]) return -1;
  }
  return at + text.length;
}

function matchDigest(bytes: Buffer, at: number, digits: number, padding: number): number {
  if (at < 0) return -1;
  const end = at + digits;
  for (let index = at; index < end; index += 1) {
    if (isBase64Digit[bytes[index] ?? 0] !== 1) return -1;
  }
  if (lastDigits[padding - 1]?.includes(bytes[end - 1] ?? 0) !== true) return -1;
  for (let index = 0; index < padding; index += 1) {
    if (bytes[end + index] !== equalsSign) return -1;
  }
  return end + padding;
}

function matchLength(bytes: Buffer, at: number): number {
  if (at < 0) return -1;
  let end = at;
  for (; ; end += 1) {
    const byte = bytes[end] ?? 0;
    if (byte < digit0 || byte > digit9) break;
  }
  const digits = end - at;
  const hasLeadingZero = digits > 1 && bytes[at] === digit0;
  if (digits === 0 || digits > maxLengthDigits || hasLeadingZero) return -1;
  return bytes[end] === closeBrace ? end + 1 : -1;
}
