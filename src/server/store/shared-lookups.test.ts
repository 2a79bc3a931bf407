import { expect, it } from 'vitest';
import { SharedLookups } from './shared-lookups.ts';

/** Statements as they were sent, each answered when the test says so. */
function scene() {
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

it('fails those who asked along, and nobody later', async () => {
  const { sent, ask } = scene();
  const lost = Promise.allSettled([ask('a'), ask('b')]);
  await turn();
  sent[0]!.fail();
  expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const later = ask('a');
  await turn();
  sent[1]!.answer();
  expect(await later).toBe('a!');
});
