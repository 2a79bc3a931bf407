// What a signed file says about content: its length and hashes (and, for tags, a custom member). One shape
// serves tags in targets files and files in snapshots (notary dialect §3).
import { createHash, timingSafeEqual } from 'node:crypto';
import { decodeBase64 } from '../encoding/base64.ts';
import type { JsonView } from '../encoding/json-view.ts';
import type { JsonValue } from '../encoding/strict-json.ts';
import { Failure } from '../errors.ts';
import { invalid } from './structure.ts';

export interface FileMeta {
  /** Bytes. */
  readonly length: number;
  /** Hash name, such as `sha256`, to digest bytes. Any name may occur. */
  readonly hashes: ReadonlyMap<string, Buffer>;
  /** Any JSON of the publisher; absent in most files. */
  readonly custom?: JsonValue;
}

/** Length of each digest that the dialect knows, in bytes. */
const knownHashes: ReadonlyMap<string, number> = new Map([
  ['sha256', 32],
  ['sha512', 64],
]);

/** The length and both hashes of `bytes`, as Go lists a metadata file. */
export function fileMeta(bytes: Uint8Array): FileMeta {
  const hashes = new Map(
    [...knownHashes.keys()].map((name) => [name, createHash(name).update(bytes).digest()]),
  );
  return { length: bytes.length, hashes };
}

/** Reads one entry. Go checks neither hash names nor digest lengths here, so neither do we. */
export function parseFileMeta(view: JsonView): FileMeta {
  view.withNames('length', 'hashes', 'custom');
  const length = view.member('length');
  const hashes = new Map<string, Buffer>();
  const listed = view.member('hashes');
  if (listed.exists && !listed.isNull) {
    for (const [name, digest] of listed.entries()) {
      hashes.set(name, digest.isNull ? Buffer.alloc(0) : decodeBase64(digest.string()));
    }
  }
  const custom = view.member('custom').value;
  return {
    length: length.exists ? length.integer() : 0,
    hashes,
    ...(custom === undefined ? {} : { custom }),
  };
}

/** The entry as Go writes it; members are sorted when it is made canonical. */
export function fileMetaJson(meta: FileMeta): JsonValue {
  const hashes = [...meta.hashes].map(
    ([name, digest]) => [name, digest.toString('base64')] as const,
  );
  return new Map<string, JsonValue>([
    ...(meta.custom === undefined ? [] : ([['custom', meta.custom]] as const)),
    ['hashes', new Map<string, JsonValue>(hashes)],
    ['length', meta.length],
  ]);
}

/**
 * Checks that a snapshot's or timestamp's entry for `name` can identify a file: sha256 present, and
 * digests of the right length. @throws Failure METADATA_INVALID with Go's words
 */
export function requireUsableHashes(owner: string, name: string, meta: FileMeta | undefined): void {
  if (meta?.hashes.has('sha256') !== true) {
    throw invalid(owner, `missing ${name} sha256 checksum information`);
  }
  for (const [hash, length] of knownHashes) {
    const digest = meta.hashes.get(hash);
    if (digest !== undefined && digest.length !== length) {
      throw invalid(owner, `invalid ${name} checksum information, ${hash} checksum invalid`);
    }
  }
}

/**
 * Holds bytes against what a verified parent says of them: no longer than listed, at least one known hash,
 * and every known hash equal. @throws Failure RESPONSE_TOO_LARGE, HASH_MISMATCH
 */
export function checkFileMeta(name: string, bytes: Uint8Array, meta: FileMeta): void {
  if (bytes.length > meta.length) {
    throw new Failure(
      'RESPONSE_TOO_LARGE',
      `${name} has ${bytes.length} bytes, signed ${meta.length}`,
    );
  }
  checkHashes(name, bytes, meta);
}

/** The hashes alone, for bytes that are here already. @throws Failure HASH_MISMATCH */
export function checkHashes(name: string, bytes: Uint8Array, meta: FileMeta): void {
  let compared = 0;
  for (const hash of knownHashes.keys()) {
    const expected = meta.hashes.get(hash);
    if (expected === undefined) continue;
    const actual = createHash(hash).update(bytes).digest();
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
      throw new Failure(
        'HASH_MISMATCH',
        `${hash} checksum for ${name} did not match: expected ${expected.toString('hex')}`,
        { facts: { signed: expected.toString('hex'), received: actual.toString('hex') } },
      );
    }
    compared += 1;
  }
  if (compared === 0) {
    throw new Failure(
      'HASH_MISMATCH',
      `no checksums for supported algorithms were provided for ${name}`,
    );
  }
}
