import { expect, it } from 'vitest';
import { type LookupLimits, SharedLookups } from './shared-lookups.ts';

/** Statements as they were sent, each answered when the test says so. */
function scene(limits: LookupLimits<string> = {}) {
  const sent: {
    readonly questions: readonly string[];
    readonly answer: () => void;
    readonly fail: () => void;
  }[] = [];
  const lookups = new SharedLookups<string, string>(
    (questions) =>
      new Promise((resolve, reject) => {
        sent.push({
          questions,
          answer: () =>
            resolve(
              questions.map((question) => (question === 'none' ? undefined : `${question}!`)),
            ),
          fail: () => reject(new Error('lost')),
        });
      }),
    limits,
  );
  return { sent, ask: (question: string) => lookups.ask(question, question) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('asks for everything of one turn at once, and for the same once', async () => {
  const { sent, ask } = scene();
  const answers = Promise.all([ask('a'), ask('b'), ask('a'), ask('none')]);
  await turn();
  expect(sent.map(({ questions }) => questions)).toEqual([['a', 'b', 'none']]);
  sent[0]!.answer();
  expect(await answers).toEqual(['a!', 'b!', 'a!', undefined]);
});

it('never answers from a statement that was sent before the question', async () => {
  const { sent, ask } = scene();
  const first = ask('a');
  await turn();
  const second = ask('a');
  await turn();
  expect(sent.map(({ questions }) => questions)).toEqual([['a'], ['a']]);
  sent[0]!.answer();
  expect(await first).toBe('a!');
  expect(await Promise.race([second, turn().then(() => 'waits')])).toBe('waits');
  sent[1]!.answer();
  expect(await second).toBe('a!');
});

it('collects questions while enough are under way, however many, and sends them when one is answered', async () => {
  const { sent, ask } = scene();
  const answers: Promise<string | undefined>[] = [];
  for (const question of ['a', 'b', 'c', 'd', 'e']) {
    answers.push(ask(question));
    await turn();
  }
  expect(sent.map(({ questions }) => questions)).toEqual([['a'], ['b']]);
  sent[0]!.answer();
  await turn();
  expect(sent.at(-1)?.questions).toEqual(['c', 'd', 'e']);
  for (const { answer } of sent) answer();
  expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!']);
});

it('cuts a crowd into statements of a bounded size', async () => {
  const { sent, ask } = scene();
  const crowd = Array.from({ length: 1000 }, (_, at) => ask(`q${at}`));
  await turn();
  while (sent.length < 5) {
    for (const { answer } of sent) answer();
    await turn();
  }
  for (const { answer } of sent) answer();
  expect(await Promise.all(crowd)).toHaveLength(1000);
  expect(sent.map(({ questions }) => questions.length)).toEqual([200, 200, 200, 200, 200]);
});

it('asks each alone again when a statement failed, so that only the one at fault fails', async () => {
  const { sent, ask } = scene();
  const answers = Promise.allSettled([ask('a'), ask('bad'), ask('c')]);
  await turn();
  sent[0]!.fail();
  await turn();
  const alone = sent.slice(1);
  expect(alone.map(({ questions }) => questions)).toEqual([['a'], ['bad'], ['c']]);
  alone[1]!.fail();
  alone[0]!.answer();
  alone[2]!.answer();
  expect((await answers).map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual(
    ['a!', 'failed', 'c!'],
  );
});

it('asks what failed alone no more, and fails nobody later', async () => {
  const { sent, ask } = scene();
  const lost = ask('a');
  await turn();
  sent[0]!.fail();
  await expect(lost).rejects.toThrow('lost');
  await turn();
  expect(sent).toHaveLength(1);
  const later = ask('a');
  await turn();
  sent[1]!.answer();
  expect(await later).toBe('a!');
});

it('sends as many at once as their answers fit, and what is too large by itself alone', async () => {
  const { sent, ask } = scene({ maxUnderWay: 9, maxBytes: 10, bytesOf: Number });
  const answers = Promise.all(['4', '6', '1', '50', '9', '1.0', '2'].map(ask));
  await turn();
  expect(sent.map(({ questions }) => questions)).toEqual([
    ['4', '6'],
    ['1'],
    ['50'],
    ['9', '1.0'],
    ['2'],
  ]);
  for (const { answer } of sent) answer();
  expect(await answers).toHaveLength(7);
});

it('sends one after the other where no more may be under way', async () => {
  const { sent, ask } = scene({ maxUnderWay: 1, maxBytes: 1, bytesOf: () => 1 });
  const answers = Promise.all([ask('a'), ask('b')]);
  await turn();
  expect(sent.map(({ questions }) => questions)).toEqual([['a']]);
  sent[0]!.answer();
  await turn();
  expect(sent.map(({ questions }) => questions)).toEqual([['a'], ['b']]);
  sent[1]!.answer();
  expect(await answers).toEqual(['a!', 'b!']);
});
