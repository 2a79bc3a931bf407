// What a root says about itself, for memory and for messages.
import type { RootFile } from '../../tuf/root.ts';
import { roleKeysOf } from '../../tuf/root.ts';
import { rootKeysOf } from '../../tuf/root-trust.ts';
import type { Generation, RootFacts } from '../trustdir/generations.ts';
import { trustReasonWords } from './trust-reason-words.ts';

export function rootFacts(file: RootFile, gun: string, nowMs: number): RootFacts {
  const usable = rootKeysOf(file.signed, gun, nowMs);
  return {
    bytes: file.bytes,
    version: file.signed.version,
    rootKeyIds: [...new Set(usable.map(({ key }) => key.canonicalId))],
    certificateIds: roleKeysOf(file.signed, 'root').keyIds,
    listedKeyIds: [...file.signed.keys.keys()],
  };
}

/** `1f54328  since 2024-03-02, first use` */
export function trustedWords(generation: Generation, keyIds: readonly string[]): string {
  const since = new Date(generation.sinceMs).toISOString().slice(0, 10);
  return `${shortIds(keyIds)}  since ${since}, ${trustReasonWords[generation.reason]}`;
}

/** `9ac07e1  root version 1, certificate made 2026-11-20`. Nothing in it is verified: it is what was offered. */
export function offeredWords(file: RootFile, gun: string, nowMs: number): string {
  const keys = rootKeysOf(file.signed, gun, nowMs);
  const made = keys[0]?.chain.notBeforeMs;
  const certificate =
    made === undefined
      ? `no certificate for ${gun}`
      : `certificate made ${new Date(made).toISOString().slice(0, 10)}`;
  const ids = shortIds(keys.map(({ key }) => key.canonicalId));
  return `${ids}  root version ${file.signed.version}, ${certificate}`;
}

/** Seven digits of each id, as in all prose. */
function shortIds(ids: readonly string[]): string {
  return ids.length === 0 ? 'no usable key' : ids.map((id) => id.slice(0, 7)).join(', ');
}
