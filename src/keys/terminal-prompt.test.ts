import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { openTerminal } from './terminal-prompt.ts';

function streams() {
  const raw: boolean[] = [];
  const keepsAlive: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => raw.push(isRaw),
    ref: () => keepsAlive.push(true),
    unref: () => keepsAlive.push(false),
  });
  const output = Object.assign(new PassThrough(), { isTTY: true });
  const interrupt = vi.fn<() => void>();
  const shown = () => String(output.read() ?? '');
  const terminal = openTerminal({ input, output, interrupt })!;
  return { input, output, raw, keepsAlive, interrupt, shown, terminal };
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
    expect(shown()).toBe('Passphrase: \n');
    terminal.close();
    expect(raw).toEqual([true, false]);
    expect(input.isPaused()).toBe(true);
    expect(['data', 'end', 'error'].map((name) => input.listenerCount(name))).toEqual([0, 0, 0]);
  });

  it('is shown only once nothing typed is echoed any more', () => {
    const { output, raw, terminal } = streams();
    const rawWhenShown: (boolean | undefined)[] = [];
    vi.spyOn(output, 'write').mockImplementation(() => rawWhenShown.push(raw.at(-1)) > 0);
    void terminal.ask('Passphrase: ');
    expect(rawWhenShown).toEqual([true]);
  });

  it('keeps what is typed between two questions from being echoed, for the second', async () => {
    const { input, raw, keepsAlive, shown, terminal } = streams();
    const first = terminal.ask('1: ');
    input.write('one\r');
    await first;
    expect(raw).toEqual([true]);
    expect(keepsAlive).toEqual([true, false]);
    const chunk = Buffer.from('two\r');
    input.write(chunk);
    await soon();
    expect(chunk.every((byte) => byte === 0)).toBe(true);
    expect((await terminal.ask('2: ')).toString()).toBe('two');
    expect(raw).toEqual([true]);
    expect(keepsAlive).toEqual([true, false, true, false]);
    expect(shown()).toBe('1: \n2: \n');
  });

  it('is over for what was typed ahead once the terminal is closed', async () => {
    const { input, raw, terminal } = streams();
    const first = terminal.ask('1: ');
    input.write('one\rahead\r');
    await first;
    terminal.close();
    terminal.close();
    const second = terminal.ask('2: ');
    input.write('two\r');
    expect((await second).toString()).toBe('two');
    expect(raw).toEqual([true, false, true]);
  });

  it('leaves Ctrl-C its meaning while a key is being derived', async () => {
    const { input, raw, interrupt, terminal } = streams();
    const first = terminal.ask('1: ');
    input.write('one\r');
    await first;
    interrupt.mockImplementation(() => expect(raw).toEqual([true, false]));
    input.write('half\x03more');
    await soon();
    expect(interrupt).toHaveBeenCalledOnce();
    expect(input.listenerCount('data')).toBe(0);
  });

  it('survives a terminal that goes away between questions', async () => {
    const { input, raw, terminal } = streams();
    const first = terminal.ask('1: ');
    input.write('one\r');
    await first;
    input.destroy(new Error('EIO'));
    await soon();
    expect(raw).toEqual([true, false]);
  });

  it('keeps no more than 4096 bytes for later questions', async () => {
    const { input, terminal } = streams();
    const first = terminal.ask('1: ');
    input.write(`one\r${'two\r'.repeat(2000)}`);
    await first;
    for (let answered = 0; answered < 1024; answered += 1) {
      expect((await terminal.ask('?')).toString()).toBe('two');
    }
    const last = terminal.ask('?');
    input.write('last\r');
    expect((await last).toString()).toBe('last');
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
