import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readLine } from './line.ts';

function input(...chunks: readonly string[]): PassThrough {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  return stream;
}

const text = async (stream: PassThrough): Promise<string | undefined> =>
  (await readLine(stream))?.toString();

describe('a line', () => {
  it('is taken from the stream, and no byte of what follows', async () => {
    const stream = input('one\ntw', 'o\r\nthree\n', 'rest');
    stream.end();
    expect([await text(stream), await text(stream), await text(stream)]).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(await text(stream)).toBe('rest');
    expect(await text(stream)).toBeUndefined();
  });

  it('waits for its end', async () => {
    const stream = input('a');
    const line = text(stream);
    stream.write('b\nc');
    expect(await line).toBe('ab');
  });

  it('is none at the end of the stream, nor when nobody answers in time', async () => {
    const ended = input();
    ended.end();
    expect(await text(ended)).toBeUndefined();
    expect(await readLine(input('half'), { timeoutMs: 20 })).toBeUndefined();
  });

  it('is not read without end', async () => {
    const stream = input('x'.repeat(70_000));
    await expect(readLine(stream)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('fails with its stream', async () => {
    const stream = input('x');
    const line = readLine(stream);
    stream.destroy(new Error('gone'));
    await expect(line).rejects.toMatchObject({ code: 'DISK' });
  });
});
