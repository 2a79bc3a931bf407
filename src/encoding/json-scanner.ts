// A strict JSON reader over bytes, made for documents that an attacker may have written:
// - the text is UTF-8, checked before anything else, and nothing but white space follows the value;
// - an object with two members of one name is refused: a reader that merges them reads other content
//   than the one that was signed;
// - depth is limited, and so is the number of values: a value costs a hundred times the bytes that it is written in,
//   so a limit on the size of a document is none on memory and time.
//
// While it reads, the scanner notices whether the text since `beginCanonical` is already in canonical
// form (canonical-json.ts). Where it is, the bytes as received are the bytes that were signed and need not
// be rebuilt: the fast path for large files, which by construction hashes the same message as the slow one.
import { isUtf8 } from 'node:buffer';
import { Failure } from '../errors.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** Deepest nesting accepted; metadata needs 6, a `custom` member may go further. */
const maxDepth = 100;
/** Values in one tree. The largest honest snapshot or list of delegations has a tenth of this. */
const maxTreeValues = 250_000;
/** Values that are read and dropped again, one entry of a large table after the other. */
export const maxPassingValues = 2_000_000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const minus = 0x2d;
const digit0 = 0x30;
const digit9 = 0x39;
const letterT = 0x74;
const letterF = 0x66;
const letterN = 0x6e;

const numberText = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const canonicalInteger = /^(?:0|-?[1-9][0-9]{0,15})$/;

/** A string as it stands in the text: offsets inside the quotes, and whether any escape occurs. */
export interface StringSpan {
  readonly start: number;
  readonly end: number;
  readonly escaped: boolean;
}

export class JsonScanner {
  readonly bytes: Buffer;
  at = 0;
  readonly #maxValues: number;
  #depth = 0;
  #values = 0;
  #passed = 0;
  #canonical = true;

  /** @throws Failure JSON_INVALID when `bytes` is not UTF-8. */
  constructor(bytes: Buffer, maxValues = maxTreeValues) {
    if (!isUtf8(bytes)) throw new Failure('JSON_INVALID', 'the document is not UTF-8 text');
    this.bytes = bytes;
    this.#maxValues = maxValues;
  }

  /** Starts watching for canonical form at the present place. */
  beginCanonical(): void {
    this.#canonical = true;
  }

  /** For a caller that judges an object's names itself, after readMemberSpans. */
  notCanonical(): void {
    this.#canonical = false;
  }

  /** True when everything read since `beginCanonical` was in canonical form. */
  get isCanonical(): boolean {
    return this.#canonical;
  }

  /** Any value, as a tree. Numbers are read as 64-bit floats, as Go does. */
  readValue(): JsonValue {
    this.skipSpace();
    switch (this.bytes[this.at]) {
      case openBrace: {
        const members = new Map<string, JsonValue>();
        this.readMembers((name) => members.set(name, this.readValue()));
        return members;
      }
      case openBracket:
        return this.#readList();
      case quote:
        return this.textOf(this.readString());
      case letterT:
        return this.#readWord('true', true);
      case letterF:
        return this.#readWord('false', false);
      case letterN:
        return this.#readWord('null', null);
      default:
        return this.#readNumber();
    }
  }

  /** A value that the caller judges and drops: it does not count towards the size of the tree. */
  readPassing(): JsonValue {
    const kept = this.#values;
    const value = this.readValue();
    this.#passed += this.#values - kept;
    this.#values = kept;
    if (this.#passed > maxPassingValues) this.fail(`more than ${maxPassingValues} values`);
    return value;
  }

  /** True when an object, or a list, begins at the present place. */
  isAtObject(): boolean {
    return this.bytes[this.at] === openBrace;
  }

  isAtList(): boolean {
    return this.bytes[this.at] === openBracket;
  }

  /** Walks the members of an object; `readMember` must read exactly the member's value. */
  readMembers(readMember: (name: string) => void): void {
    // Made at the second member: a hostile document is a heap of small objects.
    let names: Set<string> | undefined;
    let first: string | undefined;
    let previous: StringSpan | undefined;
    this.readMemberSpans((span) => {
      const name = this.textOf(span);
      if (name === first || names?.has(name)) this.#failTwice(name);
      if (first === undefined) first = name;
      else (names ??= new Set()).add(name);
      // Escaped names sort differently from their raw bytes: leave those to the rebuilding path.
      if (span.escaped) this.#canonical = false;
      if (previous !== undefined && this.compareSpans(previous, span) >= 0) this.#canonical = false;
      previous = span;
      this.#countValue();
      readMember(name);
    });
  }

  /** Walks the items of a list; `readItem` must read exactly one value. */
  readItems(readItem: () => void): void {
    this.#enter(openBracket);
    this.skipSpace();
    if (this.bytes[this.at] === closeBracket) {
      this.#leave();
      return;
    }
    for (;;) {
      this.skipSpace();
      this.#countValue();
      readItem();
      this.skipSpace();
      if (this.bytes[this.at] !== comma) break;
      this.at += 1;
    }
    if (this.bytes[this.at] !== closeBracket) this.fail('expected , or ]');
    this.#leave();
  }

  /**
   * As readMembers, for objects too large to hold their names: hands out where each name stands. The
   * caller must refuse duplicates and judge the order itself.
   */
  readMemberSpans(readMember: (name: StringSpan) => void): void {
    this.#enter(openBrace);
    this.skipSpace();
    if (this.bytes[this.at] === closeBrace) {
      this.#leave();
      return;
    }
    for (;;) {
      this.skipSpace();
      const name = this.readString();
      this.skipSpace();
      this.#expect(colon, ':');
      this.skipSpace();
      readMember(name);
      this.skipSpace();
      if (this.bytes[this.at] !== comma) break;
      this.at += 1;
    }
    if (this.bytes[this.at] !== closeBrace) this.fail('expected , or }');
    this.#leave();
  }

  /** A string at the present place, unread: where it starts and ends inside its quotes. */
  readString(): StringSpan {
    this.#expect(quote, 'a string');
    const { bytes } = this;
    const start = this.at;
    let escaped = false;
    for (let at = start; ; at += 1) {
      const byte = bytes[at];
      if (byte === undefined) this.fail('a string does not end');
      if (byte === quote) {
        this.at = at + 1;
        return { start, end: at, escaped };
      }
      if (byte < 0x20) this.fail('a string holds a control character');
      if (byte === backslash) {
        escaped = true;
        at += 1;
        // Canonical form escapes the quote and the backslash alone.
        if (bytes[at] !== quote && bytes[at] !== backslash) this.#canonical = false;
      }
    }
  }

  /** The characters of a string; a lone surrogate becomes U+FFFD, as in Go. */
  textOf(span: StringSpan): string {
    const raw = this.bytes.toString('utf8', span.start, span.end);
    if (!span.escaped) return raw;
    return this.#unescape(raw);
  }

  /** Refuses anything but white space up to the end of the document. */
  end(): void {
    this.skipSpace();
    if (this.at !== this.bytes.length) this.fail('something follows the document');
  }

  /** Negative, zero or positive as the raw bytes of `a` sort before, with or after those of `b`. */
  compareSpans(a: StringSpan, b: StringSpan): number {
    return this.bytes.compare(this.bytes, b.start, b.end, a.start, a.end);
  }

  fail(problem: string): never {
    throw new Failure('JSON_INVALID', `${problem} at byte ${this.at}`);
  }

  skipSpace(): void {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#canonical = false;
      this.at += 1;
    }
  }

  #readList(): readonly JsonValue[] {
    const list: JsonValue[] = [];
    this.readItems(() => list.push(this.readValue()));
    return list;
  }

  #failTwice(name: string): never {
    return this.fail(`two members are called ${JSON.stringify(name)}`);
  }

  #countValue(): void {
    this.#values += 1;
    if (this.#values > this.#maxValues) this.fail(`more than ${this.#maxValues} values`);
  }

  #readWord<T>(word: string, value: T): T {
    if (this.bytes.toString('latin1', this.at, this.at + word.length) !== word) {
      this.fail('expected a value');
    }
    this.at += word.length;
    return value;
  }

  #readNumber(): number {
    let end = this.at;
    while (isNumberByte(this.bytes[end])) end += 1;
    const text = this.bytes.toString('latin1', this.at, end);
    numberText.lastIndex = 0;
    if (text === '' || numberText.exec(text)?.[0] !== text) this.fail('expected a value');
    const value = Number(text);
    if (!Number.isFinite(value)) this.fail('a number is too large');
    if (!canonicalInteger.test(text) || !Number.isSafeInteger(value)) this.#canonical = false;
    this.at = end;
    return value;
  }

  #unescape(raw: string): string {
    try {
      // The scanner has found the end of the string; JSON.parse judges the escapes inside it.
      const text: unknown = JSON.parse(`"${raw}"`);
      if (typeof text === 'string') return text.toWellFormed();
    } catch {
      // Falls through to the refusal that names the place.
    }
    return this.fail('a string holds an escape that does not exist');
  }

  #enter(opening: number): void {
    this.#expect(opening, opening === openBrace ? '{' : '[');
    this.#depth += 1;
    if (this.#depth > maxDepth) this.fail(`nesting is deeper than ${maxDepth}`);
  }

  #leave(): void {
    this.at += 1;
    this.#depth -= 1;
  }

  #expect(byte: number, what: string): void {
    if (this.bytes[this.at] !== byte) this.fail(`expected ${what}`);
    this.at += 1;
  }
}

function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const isDigit = byte >= digit0 && byte <= digit9;
  return isDigit || byte === minus || byte === 0x2b || byte === 0x2e || (byte | 0x20) === 0x65;
}
