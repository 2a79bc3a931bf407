import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { SignatureLedger } from './signature-ledger.ts';
import { MemoryKeyStore } from './store/memory.ts';
import type { SignatureRecord } from './store/store.ts';

/** Keeps every key it is asked about, and counts commits. */
class CountingStore extends MemoryKeyStore {
  readonly commits: (readonly SignatureRecord[])[] = [];
  readonly missing = new Set<string>();
  failure: Failure | undefined;
  override async recordSignatures(records: readonly SignatureRecord[]) {
    await turn();
    if (this.failure !== undefined) throw this.failure;
    this.commits.push(records);
    return this.missing;
  }
}

let store: CountingStore;
let nowMs: number;
let ledger: SignatureLedger;
beforeEach(() => {
  store = new CountingStore();
  nowMs = 1_000_000;
  ledger = new SignatureLedger(store, () => nowMs);
});

it('shares one commit between calls that come together, and the next between those that come meanwhile', async () => {
  const first = [1, 2, 3].map((version) => ledger.record('a', version));
  await turn();
  const second = ['a', 'b'].map((key) => ledger.record(key, 9));
  await Promise.all([...first, ...second]);
  expect(store.commits.map((records) => records.length)).toEqual([3, 2]);
});

it('does not write what is on the disk already, until a second has passed', async () => {
  await ledger.record('a', 5);
  await ledger.record('a', 5);
  await ledger.record('a', 4);
  await ledger.record('a', undefined);
  expect(store.commits).toHaveLength(1);
  await ledger.record('a', 6);
  expect(store.commits).toHaveLength(2);
  nowMs += 999;
  await ledger.record('a', 6);
  expect(store.commits).toHaveLength(2);
  nowMs += 1;
  await ledger.record('a', 6);
  expect(store.commits).toHaveLength(3);
  nowMs -= 3600_000;
  await ledger.record('a', 6);
  expect(store.commits).toHaveLength(4);
});

it('remembers the highest of a batch, in whatever order it came', async () => {
  await Promise.all([7, 3].map((version) => ledger.record('a', version)));
  await ledger.record('a', 7);
  expect(store.commits).toHaveLength(1);
});

it('rejects every call of a commit that failed, and tries again at the next', async () => {
  store.failure = new Failure('STORE_FAILED', 'disk full');
  const calls = await Promise.allSettled(['a', 'b'].map((key) => ledger.record(key, 1)));
  expect(calls.map((call) => call.status)).toEqual(['rejected', 'rejected']);
  store.failure = undefined;
  await ledger.record('a', 1);
  expect(store.commits).toHaveLength(1);
});

it('rejects only the calls whose key is gone, and does not remember them', async () => {
  store.missing.add('gone');
  const [kept, gone] = await Promise.allSettled([
    ledger.record('kept', 1),
    ledger.record('gone', 1),
  ]);
  expect(kept.status).toBe('fulfilled');
  expect(gone).toMatchObject({ reason: { code: 'SIGNING_KEY_NOT_FOUND' } });
  await expect(ledger.record('gone', 1)).rejects.toMatchObject({ code: 'SIGNING_KEY_NOT_FOUND' });
});

it('drains', async () => {
  const call = ledger.record('a', 1);
  await ledger.drain();
  expect(store.commits).toHaveLength(1);
  await call;
  await ledger.drain();
});
