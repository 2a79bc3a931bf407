import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { passphraseFromDescriptor, passphraseFromFile } from './passphrase-input.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paraph-passphrase-'));
  path = join(directory, 'passphrase');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a passphrase in a file', () => {
  it.each([
    ['with a line end', 'secret\n', 'secret'],
    ['without one', 'secret', 'secret'],
    ['with the line end of Windows', 'secret\r\n', 'secret'],
    ['with white space, which counts', ' secret word ', ' secret word '],
    ['followed by other lines', 'secret\nnote to self\n', 'secret'],
    ['of 1024 bytes', `${'x'.repeat(1024)}\n`, 'x'.repeat(1024)],
  ])('is its first line: %s', async (_name, text, expected) => {
    writeFileSync(path, text);
    expect((await passphraseFromFile(path)).toString()).toBe(expected);
  });

  it.each([
    ['an empty file', '', 'PASSPHRASE_MISSING'],
    ['an empty first line', '\nsecret', 'PASSPHRASE_MISSING'],
    ['a line of 1025 bytes', 'x'.repeat(1025), 'PASSPHRASE_UNFIT'],
    ['some large file', 'x'.repeat(1_000_000), 'PASSPHRASE_UNFIT'],
  ])('is not taken from %s', async (_name, text, code) => {
    writeFileSync(path, text);
    await expect(passphraseFromFile(path)).rejects.toMatchObject({ code });
  });

  it('that is missing, or a directory, is named', async () => {
    await expect(passphraseFromFile(path)).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
      message: `the file ${path} could not be read (ENOENT)`,
    });
    await expect(passphraseFromFile(directory)).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
    });
  });
});

describe('a passphrase from a descriptor', () => {
  it('is one line; the rest and the descriptor are left to others', async () => {
    writeFileSync(path, 'secret\nrest');
    const descriptor = openSync(path, 'r');
    expect((await passphraseFromDescriptor(descriptor)).toString()).toBe('secret');
    const rest = Buffer.alloc(10);
    expect(readSync(descriptor, rest)).toBe(4);
    expect(rest.toString('utf8', 0, 4)).toBe('rest');
    closeSync(descriptor);
  });

  it('is waited for at a pipe that is not blocking', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
    // Opened for both directions, so that opening does not wait; 0o4000 is O_NONBLOCK.
    const descriptor = openSync(path, 0o2 | 0o4000);
    const answer = passphraseFromDescriptor(descriptor);
    setTimeout(() => writeSync(descriptor, 'secret\n'), 60);
    expect((await answer).toString()).toBe('secret');
    closeSync(descriptor);
  });

  it('that is not open is named', async () => {
    await expect(passphraseFromDescriptor(987)).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
      message: 'descriptor 987 could not be read (EBADF)',
    });
  });
});
