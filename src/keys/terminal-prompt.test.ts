import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openTerminal } from './terminal-prompt.ts';

function streams() {
  const raw: boolean[] = [];
  const setRawMode = (isRaw: boolean) => raw.push(isRaw);
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode });
  const output = Object.assign(new PassThrough(), { isTTY: true });
  const shown = () => String(output.read() ?? '');
  return { input, output, raw, shown, terminal: openTerminal({ input, output })! };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('a question at the terminal', () => {
  it('shows the question and a line end, never the answer', async () => {
    const { input, raw, shown, terminal } = streams();
    const answer = terminal.ask('Passphrase: ');
    expect(raw).toEqual([true]);
    for (const byte of 'secret\r') {
      input.write(byte);
      await soon();
    }
    expect((await answer).toString()).toBe('secret');
    expect(raw).toEqual([true, false]);
    expect(shown()).toBe('Passphrase: \n');
    expect(input.isPaused()).toBe(true);
    expect(input.listenerCount('data')).toBe(0);
  });

  it('leaves what was pasted after the first line to the next question', async () => {
    const { input, terminal } = streams();
    const first = terminal.ask('1');
    input.write('one\rtwo\rthr');
    expect((await first).toString()).toBe('one');
    expect((await terminal.ask('2')).toString()).toBe('two');
    const third = terminal.ask('3');
    input.write('ee\r');
    expect((await third).toString()).toBe('three');
  });

  it('wipes the bytes that came in', async () => {
    const { input, terminal } = streams();
    const answer = terminal.ask('?');
    const chunk = Buffer.from('secret\r');
    input.write(chunk);
    await answer;
    expect(chunk.every((byte) => byte === 0)).toBe(true);
  });

  it.each([
    ['Ctrl-C', '\x03', 'interrupted'],
    ['Ctrl-D', '\x04', 'closed'],
  ])('is given up by %s and sets the terminal back', async (_name, typed, says) => {
    const { input, raw, terminal } = streams();
    const answer = terminal.ask('?');
    input.write(typed);
    await expect(answer).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
      message: expect.stringContaining(says),
    });
    expect(raw).toEqual([true, false]);
  });

  it('ends when the terminal goes away', async () => {
    const { input, raw, terminal } = streams();
    const answer = terminal.ask('?');
    input.end('half');
    await expect(answer).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
    expect(raw).toEqual([true, false]);
    const broken = streams();
    const other = broken.terminal.ask('?');
    broken.input.destroy(new Error('EIO'));
    await expect(other).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
  });

  it('sets the terminal back after an answer that is too long', async () => {
    const { input, raw, terminal } = streams();
    const answer = terminal.ask('?');
    input.write(`${'x'.repeat(5000)}\r`);
    await expect(answer).rejects.toMatchObject({ code: 'PASSPHRASE_UNFIT' });
    expect(raw).toEqual([true, false]);
  });

  it('cannot be rewritten by names that come from files', async () => {
    const { input, shown, terminal } = streams();
    terminal.tell('key of \x1b[2Jexample.com\r\n\u202Egnp.\u0085\u2028');
    expect(shown()).toBe('key of \\u{1b}[2Jexample.com\\u{d}\\u{a}\\u{202e}gnp.\\u{85}\\u{2028}\n');
    const answer = terminal.ask('of \x07: ');
    input.write('\r');
    await answer;
    expect(shown()).toBe('of \\u{7}: \n');
  });
});

describe('no terminal', () => {
  it.each([
    ['input is piped', { isTTY: false }, { isTTY: true }],
    ['messages go to a file', { isTTY: true }, {}],
    ['there is no raw mode', { isTTY: true, setRawMode: undefined }, { isTTY: true }],
  ])('is opened when %s', (_name, inputIs, outputIs) => {
    const setRawMode = () => undefined;
    const input = Object.assign(new PassThrough(), { setRawMode }, inputIs);
    const output = Object.assign(new PassThrough(), outputIs);
    expect(openTerminal({ input, output })).toBeUndefined();
  });
});
