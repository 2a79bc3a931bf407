// Which rows are read together. The database here answers from memory; postgres.test.ts has a real one.
import { expect, it } from 'vitest';
import type { PostgresDatabase, Statement, Value } from '../../daemon/database/postgres.ts';
import { HotFiles } from './hot-files.ts';
import { PostgresReads } from './postgres-reads.ts';
import { readFiles } from './postgres-statements.ts';

const mebibyte = 1024 * 1024;

/** The repository `N` has a root of id N, which says that it has `sizes[N]` bytes. */
function scene(sizes: readonly number[], brokenId?: number) {
  const sent: { readonly ids: readonly number[]; readonly answer: () => void }[] = [];
  const numbersOf = (value: Value | undefined) =>
    Array.isArray(value) ? value.map(Number) : ([] as number[]);
  const read = async (statement: Statement, values: readonly Value[] = []) => {
    const ids = numbersOf(values[0]);
    if (statement !== readFiles) {
      return ids.map((id, at) => ({ at: at + 1, id, sha256: `${id}`, size: sizes[id] }));
    }
    await new Promise<void>((answer) => sent.push({ ids, answer }));
    if (brokenId !== undefined && ids.includes(brokenId)) throw new Error('row is broken');
    const rest = { role: 'root', version: '1', data: Buffer.alloc(0), created_ms: '0' };
    return ids.map((id) => ({ id: `${id}`, sha256: `${id}`, ...rest }));
  };
  const database = { read } as unknown as PostgresDatabase;
  const reads = new PostgresReads(database, new HotFiles());
  return { sent, newest: (id: number) => reads.newest(`${id}`, 'root') };
}

const turns = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

it('reads many small files at once, and no more than some MiB', async () => {
  const { sent, newest } = scene(Array.from({ length: 10 }, () => mebibyte));
  const files = Promise.all(Array.from({ length: 10 }, (_, id) => newest(id)));
  for (let at = 0; at < 3; at += 1) {
    await turns();
    sent[at]!.answer();
  }
  expect(await files).toHaveLength(10);
  expect(sent.map(({ ids }) => ids.length)).toEqual([4, 4, 2]);
});

it('reads large files one by one, while small ones are read past them', async () => {
  const { sent, newest } = scene([48 * mebibyte, 10, 48 * mebibyte, 20]);
  const large = [newest(0), newest(2)];
  const small = [newest(1), newest(3)];
  await turns();
  expect(sent.map(({ ids }) => ids).toSorted(([a = 0], [b = 0]) => a - b)).toEqual([[0], [1, 3]]);
  sent.find(({ ids }) => ids.includes(1))!.answer();
  expect((await Promise.all(small)).map((file) => file?.sha256)).toEqual(['1', '3']);
  sent.find(({ ids }) => ids.includes(0))!.answer();
  await turns();
  sent.find(({ ids }) => ids.includes(2))!.answer();
  expect((await Promise.all(large)).map((file) => file?.sha256)).toEqual(['0', '2']);
});

it('a row that cannot be read fails its own readers and nobody else', async () => {
  const { sent, newest } = scene([1, 1, 1], 1);
  const files = Promise.allSettled([newest(0), newest(1), newest(2)]);
  await turns();
  sent[0]!.answer();
  await turns();
  for (const { answer } of sent.slice(1)) answer();
  expect((await files).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
