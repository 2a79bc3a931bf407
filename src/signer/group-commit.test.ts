import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Answer, GroupCommit } from './group-commit.ts';

function counting(answer: (item: number) => Answer<string> = (item) => ({ result: `${item}` })) {
  const batches: (readonly number[])[] = [];
  const commits = new GroupCommit<number, string>(async (items) => {
    batches.push(items);
    await turn();
    await turn();
    return items.map(answer);
  });
  return { commits, batches };
}

it('writes together what comes together, and next what came meanwhile', async () => {
  const { commits, batches } = counting();
  const first = [1, 2, 3].map((item) => commits.write(item));
  await turn();
  const second = [4, 5].map((item) => commits.write(item));
  expect(await Promise.all([...first, ...second])).toEqual(['1', '2', '3', '4', '5']);
  expect(batches).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});

it('runs a few commits at a time, and gathers what comes beyond them', async () => {
  const batches: (readonly number[])[] = [];
  const ends: (() => void)[] = [];
  const commits = new GroupCommit<number, number>(async (items) => {
    batches.push(items);
    await new Promise<void>((resolve) => ends.push(resolve));
    return items.map((item) => ({ result: item }));
  });
  const calls: Promise<number>[] = [];
  for (let item = 0; item < 8; item += 1) {
    calls.push(commits.write(item));
    await turn();
  }
  expect(batches).toEqual([[0], [1], [2]]);
  ends[1]?.();
  expect(await calls[1]).toBe(1);
  await expect.poll(() => batches).toEqual([[0], [1], [2], [3, 4, 5, 6, 7]]);
  for (const end of ends) end();
  expect(await Promise.all(calls)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it('gives each caller the answer of his own item', async () => {
  const { commits } = counting((item) =>
    item === 2 ? { error: new Error('two') } : { result: `${item}` },
  );
  const results = await Promise.allSettled([1, 2, 3].map((item) => commits.write(item)));
  expect(results).toMatchObject([{ value: '1' }, { reason: { message: 'two' } }, { value: '3' }]);
});

it('rejects all callers of a commit that fails, or that forgets them, and goes on', async () => {
  let how: 'throws' | 'forgets' | 'works' = 'throws';
  const commits = new GroupCommit<number, number>(async (items) => {
    if (how === 'throws') throw new Error('gone');
    return how === 'forgets' ? [] : items.map((item) => ({ result: item }));
  });
  for (how of ['throws', 'forgets'] as const) {
    const results = await Promise.allSettled([1, 2].map((item) => commits.write(item)));
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
  }
  how = 'works';
  expect(await commits.write(7)).toBe(7);
});

it('never holds more than a bounded number in one commit', async () => {
  const { commits, batches } = counting();
  await Promise.all(Array.from({ length: 1200 }, (_, at) => commits.write(at)));
  expect(batches.map((batch) => batch.length)).toEqual([500, 500, 200]);
});

it('drains', async () => {
  const { commits, batches } = counting();
  const call = commits.write(1);
  await commits.drain();
  expect(batches).toHaveLength(1);
  await call;
  await commits.drain();
});
