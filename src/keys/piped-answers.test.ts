import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openAnswers } from './piped-answers.ts';

function piped() {
  const input = new PassThrough();
  const output = new PassThrough();
  const answers = openAnswers({ input, output }, { answersFrom: 'input' })!;
  return { input, answers, shown: () => String(output.read() ?? '') };
}

describe('answers through a pipe', () => {
  it('are taken one line for each question, and each is followed by a line end', async () => {
    const { input, answers, shown } = piped();
    input.write('one\ntwo \r\n\n');
    expect(String(await answers.ask('1: '))).toBe('one');
    expect(String(await answers.ask('2: '))).toBe('two');
    expect(String(await answers.ask('3: '))).toBe('');
    answers.tell('told');
    answers.close();
    expect(shown()).toBe('1: \n2: \n3: \ntold\n');
  });

  it('are waited for, in pieces too', async () => {
    const { input, answers } = piped();
    const answer = answers.ask('1: ');
    for (const piece of ['s', 'ec', 'ret', '\nrest']) {
      input.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(String(await answer)).toBe('secret');
  });

  it('leave what is beyond the line to the next reader of the stream', async () => {
    const { input, answers } = piped();
    input.write('secret\ny\n');
    await answers.ask('1: ');
    expect(String(input.read())).toBe('y\n');
  });

  it('may end without a line end', async () => {
    const { input, answers } = piped();
    input.end('secret');
    expect(String(await answers.ask('1: '))).toBe('secret');
    await expect(answers.ask('2: ')).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
    await expect(answers.ask('3: ')).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
  });

  it('that do not come end the question, and so does an input that fails', async () => {
    const nothing = piped();
    nothing.input.end();
    await expect(nothing.answers.ask('1: ')).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
    const broken = piped();
    const answer = broken.answers.ask('1: ');
    broken.input.destroy(new Error('EIO'));
    await expect(answer).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
    expect(broken.input.listenerCount('readable')).toBe(0);
  });

  it('that never end are not read without end', async () => {
    const { input, answers } = piped();
    input.write('x'.repeat(1025));
    await expect(answers.ask('1: ')).rejects.toMatchObject({ code: 'PASSPHRASE_UNFIT' });
    const fits = piped();
    fits.input.write(`${'x'.repeat(1024)}\n`);
    expect(await fits.answers.ask('1: ')).toHaveLength(1024);
  });

  it('keep a process alive only while they are waited for', async () => {
    const alive: boolean[] = [];
    const input = Object.assign(new PassThrough(), {
      ref: () => alive.push(true),
      unref: () => alive.push(false),
    });
    const answers = openAnswers({ input, output: new PassThrough() }, { answersFrom: 'input' })!;
    input.write('a\n');
    await answers.ask('1: ');
    expect(alive).toEqual([true, false]);
  });

  it('show a question with its control characters made visible', async () => {
    const { input, answers, shown } = piped();
    input.write('a\n');
    await answers.ask('\u001b[2J: ');
    expect(shown()).toBe('\\u{1b}[2J: \n');
  });
});

describe('where a grammar gets its answers', () => {
  const streams = (inputIsTTY: boolean, outputIsTTY: boolean) => ({
    input: Object.assign(new PassThrough(), {
      isTTY: inputIsTTY,
      ...(inputIsTTY && { setRawMode: () => undefined }),
    }),
    output: Object.assign(new PassThrough(), { isTTY: outputIsTTY }),
  });

  it.each([
    ['seen-terminal', true, true, true],
    ['seen-terminal', true, false, false],
    ['seen-terminal', false, true, false],
    ['terminal', true, false, true],
    ['terminal', false, true, false],
    ['input', true, false, true],
    ['input', false, false, true],
  ] as const)('%s: typed into %s, seen %s: %s', (answersFrom, typed, seen, isOpen) => {
    expect(openAnswers(streams(typed, seen), { answersFrom }) !== undefined).toBe(isOpen);
  });
});
