// Text in quotes as Go's strconv writes it (`%q`). What cannot be printed is escaped, so whatever a stranger wrote
// cannot move a cursor from inside these quotes.

const escapes: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
]);

/** Letters, marks, numbers, punctuation, symbols, and the ASCII space: Go's notion of printable. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** `"text"` */
export function goQuote(text: string): string {
  return `"${Array.from(text, (character) => escaped(character, '"')).join('')}"`;
}

/** `'c'`, for one character. */
export function goQuoteCharacter(character: string): string {
  return `'${escaped(character, "'")}'`;
}

/** Go's `%#q`: in back quotes where the text can stand in them, else as `goQuote`. */
export function goRawQuote(text: string): string {
  const fits = !/[`\uFEFF]/u.test(text) && !/\p{Cc}/u.test(text.replaceAll('\t', ''));
  return fits ? `\`${text}\`` : goQuote(text);
}

function escaped(character: string, quote: string): string {
  if (character === quote) return `\\${character}`;
  const known = escapes.get(character);
  if (known !== undefined) return known;
  if (printable.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
