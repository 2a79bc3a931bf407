// Whole documents through the strict scanner. Everything that a peer sends as JSON enters here.
import { Failure } from '../errors.ts';
import { JsonScanner, type JsonValue } from './json-scanner.ts';

export type { JsonObject, JsonValue } from './json-scanner.ts';

/** Largest document read without an explicit limit: the limit for a root file (notary dialect §8). */
const defaultMaxBytes = 100 * 1024 * 1024;

/**
 * Parses one JSON document.
 * @throws Failure JSON_INVALID when it is larger than `maxBytes`, is not UTF-8, nests too deep, names a member
 *   twice, or is not JSON.
 */
export function parseJson(
  bytes: Uint8Array,
  limits: { readonly maxBytes?: number } = {},
): JsonValue {
  const maxBytes = limits.maxBytes ?? defaultMaxBytes;
  if (bytes.length > maxBytes) {
    throw new Failure(
      'JSON_INVALID',
      `the document has ${bytes.length} bytes, allowed ${maxBytes}`,
    );
  }
  const scanner = new JsonScanner(
    Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
  const value = scanner.readValue();
  scanner.end();
  return value;
}
