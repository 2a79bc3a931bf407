// DER, the binary form of keys and certificates: a reader over bytes that an attacker may have written,
// and the writers that build the same. Nothing here knows what a key is.
//
// The reader keeps these invariants: it never looks past the element it was given; lengths are definite,
// minimal and inside their parent; tags have one byte; numbers and object identifiers are minimal. It
// works in place, so the cost of a file is its length and nesting is as deep as the caller asks for.
// Buffers handed out are views: who wipes the input wipes them.
import { Failure } from '../errors.ts';

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Tag of `[number] EXPLICIT`, and of any other constructed context tag. */
function explicitTag(number: number): number {
  return 0xa0 + number;
}

/** Lengths of more than four bytes describe files that no caller accepts. */
const maxLengthBytes = 4;

/** A date with a year of two digits stands for 1950 to 2049 (RFC 5280 §4.1.2.5.1). */
const utcTimeYears = { first: 1950, last: 2049 } as const;

export interface DerElement {
  readonly tag: number;
  readonly body: Buffer;
  /** Tag, length and body together. */
  readonly whole: Buffer;
}

function invalid(problem: string): Failure {
  return new Failure('ENCODING_INVALID', `DER: ${problem}`);
}

/** Reads one element after the other; each method throws ENCODING_INVALID when the next is not that. */
export class DerReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** Refuses bytes after the last element that was read. */
  end(): void {
    if (!this.atEnd) throw invalid('bytes after the last element');
  }

  /** Whether the next element has this tag; false at the end. */
  nextIs(tag: keyof typeof tags): boolean {
    return this.#bytes[this.#offset] === tags[tag];
  }

  nextIsExplicit(number: number): boolean {
    return this.#bytes[this.#offset] === explicitTag(number);
  }

  /** The next element, whatever it is. */
  element(): DerElement {
    const start = this.#offset;
    const tag = this.#byteAt(start);
    if ((tag & 0x1f) === 0x1f) throw invalid('tag of several bytes');
    const { length, bodyStart } = this.#lengthAt(start + 1);
    const bodyEnd = bodyStart + length;
    if (bodyEnd > this.#bytes.length) throw invalid('element is longer than its container');
    this.#offset = bodyEnd;
    return {
      tag,
      body: this.#bytes.subarray(bodyStart, bodyEnd),
      whole: this.#bytes.subarray(start, bodyEnd),
    };
  }

  sequence(): DerReader {
    return new DerReader(this.#expect(tags.sequence, 'sequence'));
  }

  explicit(number: number): DerReader {
    return new DerReader(this.#expect(explicitTag(number), `context tag ${number}`));
  }

  octetString(): Buffer {
    return this.#expect(tags.octetString, 'octet string');
  }

  nullValue(): void {
    if (this.#expect(tags.null, 'null').length !== 0) throw invalid('null with content');
  }

  boolean(): boolean {
    const [value, ...rest] = this.#expect(tags.boolean, 'boolean');
    if (rest.length > 0 || (value !== 0 && value !== 0xff)) throw invalid('malformed boolean');
    return value === 0xff;
  }

  /** Content of a bit string; one that does not end on a whole byte is refused. */
  bitString(): Buffer {
    const body = this.#expect(tags.bitString, 'bit string');
    if (body[0] !== 0) throw invalid('bit string that does not end on a whole byte');
    return body.subarray(1);
  }

  /** A non-negative integer of any size, as its big-endian bytes without a sign byte. */
  unsigned(): Buffer {
    const body = this.#expect(tags.integer, 'integer');
    const [first, second] = body;
    if (first === undefined) throw invalid('empty integer');
    if (first >= 0x80) throw invalid('negative integer');
    if (first !== 0) return body;
    if (second !== undefined && second < 0x80) throw invalid('integer is not minimal');
    return body.subarray(1);
  }

  /** A non-negative integer that fits a JavaScript number exactly. */
  smallUnsigned(): number {
    const magnitude = this.unsigned();
    const value = magnitude.reduce((sum, byte) => sum * 256 + byte, 0);
    if (!Number.isSafeInteger(value)) throw invalid('integer is too large');
    return value;
  }

  /** An object identifier in dotted form. */
  oid(): string {
    return oidText(this.#expect(tags.oid, 'object identifier'));
  }

  #expect(tag: number, name: string): Buffer {
    if (this.#bytes[this.#offset] !== tag) throw invalid(`expected ${name}`);
    return this.element().body;
  }

  #byteAt(offset: number): number {
    const byte = this.#bytes[offset];
    if (byte === undefined) throw invalid('ends too early');
    return byte;
  }

  #lengthAt(offset: number): { length: number; bodyStart: number } {
    const first = this.#byteAt(offset);
    if (first < 0x80) return { length: first, bodyStart: offset + 1 };
    const count = first - 0x80;
    if (count === 0) throw invalid('indefinite length');
    if (count > maxLengthBytes) throw invalid('length of too many bytes');
    let length = 0;
    for (let index = 1; index <= count; index += 1) {
      length = length * 256 + this.#byteAt(offset + index);
    }
    if (length < 0x80 || length < 256 ** (count - 1)) throw invalid('length is not minimal');
    return { length, bodyStart: offset + 1 + count };
  }
}

function oidText(body: Buffer): string {
  const last = body.at(-1);
  if (last === undefined || last >= 0x80) throw invalid('object identifier ends too early');
  const arcs: number[] = [];
  let arc = 0;
  let isFirstByte = true;
  for (const byte of body) {
    if (isFirstByte && byte === 0x80) throw invalid('object identifier is not minimal');
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw invalid('object identifier is too large');
    isFirstByte = byte < 0x80;
    if (!isFirstByte) continue;
    if (arcs.length === 0) {
      const root = Math.min(Math.floor(arc / 40), 2);
      arcs.push(root, arc - root * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthBytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) lengthBytes.unshift(rest % 256);
  const header = length < 0x80 ? [tag, length] : [tag, 0x80 + lengthBytes.length, ...lengthBytes];
  return Buffer.concat([Buffer.from(header), ...parts]);
}

function unsigned(value: number | Uint8Array): Buffer {
  const bytes = typeof value === 'number' ? bigEndian(value) : value;
  const start = bytes.findIndex((byte) => byte !== 0);
  const magnitude = start < 0 ? Buffer.alloc(1) : bytes.subarray(start);
  const needsSign = (magnitude[0] ?? 0) >= 0x80;
  return element(tags.integer, Buffer.alloc(needsSign ? 1 : 0), magnitude);
}

function bigEndian(value: number): Buffer {
  if (!Number.isSafeInteger(value) || value < 0) throw invalid('number cannot be written');
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}

function oid(dotted: string): Buffer {
  const [root = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  const bytes = [root * 40 + second, ...arcs].flatMap((arc) => {
    const groups = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
      groups.unshift(0x80 + (rest % 128));
    }
    return groups;
  });
  return element(tags.oid, Buffer.from(bytes));
}

/** `YYYYMMDDhhmmssZ` of a time in milliseconds since 1970; parts of a second are dropped. */
function timeDigits(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}

function utcTime(ms: number): Buffer {
  return element(tags.utcTime, Buffer.from(timeDigits(ms).slice(2)));
}

function generalizedTime(ms: number): Buffer {
  return element(tags.generalizedTime, Buffer.from(timeDigits(ms)));
}

/** Writers; each returns one whole element in a buffer of its own. Times are milliseconds since 1970. */
export const der = {
  sequence: (...parts: readonly Uint8Array[]): Buffer => element(tags.sequence, ...parts),
  /** A set in the order given: the caller sorts where it has more than one member. */
  set: (...parts: readonly Uint8Array[]): Buffer => element(tags.set, ...parts),
  explicit: (number: number, ...parts: readonly Uint8Array[]): Buffer =>
    element(explicitTag(number), ...parts),
  /** A non-negative integer: a safe number, or big-endian bytes that may have leading zeros. */
  integer: unsigned,
  oid,
  octetString: (bytes: Uint8Array): Buffer => element(tags.octetString, bytes),
  /** A bit string, of whole bytes unless `unusedBits` says otherwise. */
  bitString: (bytes: Uint8Array, unusedBits = 0): Buffer =>
    element(tags.bitString, Buffer.from([unusedBits]), bytes),
  boolean: (value: boolean): Buffer => element(tags.boolean, Buffer.from([value ? 0xff : 0])),
  nullValue: (): Buffer => element(tags.null),
  utf8String: (text: string): Buffer => element(tags.utf8String, Buffer.from(text, 'utf8')),
  printableString: (text: string): Buffer =>
    element(tags.printableString, Buffer.from(text, 'latin1')),
  utcTime,
  generalizedTime,
  /** The form that certificates need: two digits for the year until 2049, four after. */
  time: (ms: number): Buffer => {
    const year = new Date(ms).getUTCFullYear();
    const isShort = year >= utcTimeYears.first && year <= utcTimeYears.last;
    return isShort ? utcTime(ms) : generalizedTime(ms);
  },
} as const;
