// Canonical JSON as the Go library docker/go writes it (notary dialect §4): what is hashed for key
// ids and for signatures. Members sorted by UTF-8 bytes, only `"` and `\` escaped, integers alone.
import { Failure } from '../errors.ts';
import { JsonScanner, type JsonValue, maxPassingValues } from './json-scanner.ts';

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

/**
 * The canonical text of `value`.
 * @throws Failure JSON_INVALID for a number that is not an integer, as Go refuses the whole file then.
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'string') return canonicalString(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = [...value].sort(([a], [b]) => compareUtf8(a, b));
  return `{${members.map(([name, v]) => `${canonicalString(name)}:${canonicalJson(v)}`).join(',')}}`;
}

/**
 * The canonical text of a JSON document, made without a tree of the whole: the document may be a large file in
 * another spelling. @throws Failure JSON_INVALID
 */
export function canonicalForm(document: Buffer): string {
  const scanner = new JsonScanner(document, maxPassingValues);
  const text = readCanonical(scanner);
  scanner.end();
  return text;
}

function readCanonical(scanner: JsonScanner): string {
  scanner.skipSpace();
  if (scanner.isAtObject()) {
    const members: (readonly [string, string])[] = [];
    scanner.readMembers((name) => members.push([name, readCanonical(scanner)]));
    members.sort(([a], [b]) => compareUtf8(a, b));
    return `{${members.map(([name, text]) => `${canonicalString(name)}:${text}`).join(',')}}`;
  }
  if (scanner.isAtList()) {
    const items: string[] = [];
    scanner.readItems(() => items.push(readCanonical(scanner)));
    return `[${items.join(',')}]`;
  }
  return canonicalJson(scanner.readValue());
}

/** The text as Go writes it to a file: canonical form with what HTML would notice escaped. */
export function escapeHtml(text: string): string {
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Orders two strings by their UTF-8 bytes. JavaScript's own order is by UTF-16 unit, which differs for
 * characters beyond U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) {
      const isSurrogate = x >= 0xd800 || y >= 0xd800;
      return isSurrogate ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : x - y;
    }
  }
  return a.length - b.length;
}

/** One string in canonical form, quotes included. */
export function canonicalString(text: string): string {
  return `"${text.toWellFormed().replace(/[\\"]/g, (character) => `\\${character}`)}"`;
}

function canonicalNumber(value: number): string {
  if (!Number.isInteger(value)) {
    throw new Failure('JSON_INVALID', `the number ${value} is not an integer`);
  }
  const integer = BigInt(value);
  // Go converts the float to int64; what does not fit becomes the smallest value.
  return integer > int64Max || integer < int64Min ? int64Min.toString() : integer.toString();
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
