import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePem, encodePem } from './pem.ts';

const vectors = new URL('../../test/vectors/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, vectors), 'utf8');
const invalid = expect.objectContaining({ code: 'ENCODING_INVALID' });

describe('files that Go wrote', () => {
  const files = readdirSync(new URL('repo/private/', vectors)).map(
    (name) => `repo/private/${name}`,
  );

  it.each([...files, 'repo/export.pem'])('survive reading and writing to the byte: %s', (name) => {
    const blocks = decodePem(text(name));
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.map(encodePem).join('')).toBe(text(name));
  });

  it('tell their headers', () => {
    const blocks = decodePem(text('repo/export.pem'));
    expect(blocks.map(({ headers }) => headers.get('role'))).toEqual([
      'alice',
      'bob',
      'root',
      'targets',
      'root',
    ]);
    expect(blocks[3]?.headers.get('gun')).toBe('example.com/vectors/demo');
  });

  it('read the same with CRLF and with blanks at the end of lines', () => {
    const original = decodePem(text('repo/export.pem'));
    expect(decodePem(text('repo/export.pem').replaceAll('\n', '\r\n'))).toEqual(original);
    expect(decodePem(text('repo/export.pem').replaceAll('\n', ' \t\n'))).toEqual(original);
  });
});

describe('files of OpenSSL', () => {
  it('read with the block of parameters before the key, and the encryption headers', () => {
    const parameters =
      '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    const key = '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n';
    const plain = parameters + key;
    expect(decodePem(plain).map(({ label }) => label)).toEqual(['EC PARAMETERS', 'EC PRIVATE KEY']);

    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const locked = privateKey.export({
      type: 'sec1',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    const [block] = decodePem(String(locked));
    expect(block?.headers.get('Proc-Type')).toBe('4,ENCRYPTED');
    expect(block?.headers.get('DEK-Info')).toMatch(/^AES-256-CBC,[0-9A-F]{32}$/);
  });

  it('ignores the text around blocks', () => {
    const block = { label: 'X', headers: new Map(), bytes: Buffer.from('body') };
    const around = `Bag Attributes\n  name: x\n${encodePem(block)}trailing\n`;
    expect(decodePem(around)).toEqual([block]);
    expect(decodePem('')).toEqual([]);
    expect(decodePem('no block at all')).toEqual([]);
  });
});

describe('broken or hostile text', () => {
  it.each([
    ['a block without an end', '-----BEGIN X-----\nAAAA\n'],
    ['an end of another label', '-----BEGIN X-----\nAAAA\n-----END Y-----\n'],
    [
      'a block inside a block',
      '-----BEGIN X-----\n-----BEGIN Y-----\nAAAA\n-----END Y-----\n-----END X-----',
    ],
    ['characters outside base64', '-----BEGIN X-----\nAA*A\n-----END X-----\n'],
    ['base64 that is cut off', '-----BEGIN X-----\nAAA\n-----END X-----\n'],
    ['padding in the middle', '-----BEGIN X-----\nAA==AAAA\n-----END X-----\n'],
    ['a header after the body', '-----BEGIN X-----\nAAAA\nrole: root\n-----END X-----\n'],
    ['a header twice', '-----BEGIN X-----\nrole: a\nrole: root\n\nAAAA\n-----END X-----\n'],
    [
      'a header twice but for blanks',
      '-----BEGIN X-----\nrole: a\nrole : root\n\nAAAA\n-----END X-----\n',
    ],
  ])('is refused: %s', (_name, input) => {
    expect(() => decodePem(input)).toThrow(invalid);
  });

  it('keeps headers named like members of an object', () => {
    const input = '-----BEGIN X-----\n__proto__: a\nconstructor: b\n\nAAAA\n-----END X-----\n';
    const [block] = decodePem(input);
    expect([...(block?.headers ?? [])]).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  it('takes time in proportion to its length', () => {
    const manyBlocks = '-----BEGIN X-----\nAAAA\n-----END X-----\n'.repeat(20_000);
    const manyHeads = '-----BEGIN X-----\n'.repeat(200_000);
    const startMs = performance.now();
    expect(decodePem(manyBlocks)).toHaveLength(20_000);
    expect(() => decodePem(manyHeads)).toThrow(invalid);
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });
});

describe('writing', () => {
  const write = (headers: readonly (readonly [string, string])[], bytes = Buffer.alloc(3)) =>
    encodePem({ label: 'X', headers: new Map(headers), bytes });

  it('sorts headers and puts Proc-Type first', () => {
    expect(
      write([
        ['role', 'r'],
        ['gun', 'g'],
        ['Proc-Type', '4,ENCRYPTED'],
        ['DEK-Info', 'd'],
      ]),
    ).toBe(
      '-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: d\ngun: g\nrole: r\n\nAAAA\n-----END X-----\n',
    );
  });

  it('leaves no blank line when there is no header, and none when there is no body', () => {
    expect(write([])).toBe('-----BEGIN X-----\nAAAA\n-----END X-----\n');
    expect(write([], Buffer.alloc(0))).toBe('-----BEGIN X-----\n-----END X-----\n');
  });

  it.each([
    ['role', 'root\n\nAAAA'],
    ['role', 'root\r'],
    ['ro:le', 'root'],
    ['role\n', 'root'],
  ])('refuses a header that would break out of its line: %j %j', (name, value) => {
    expect(() => write([[name, value]])).toThrow(invalid);
  });

  it('is undone by reading, whatever the content', () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9_/.-]{1,20}$/);
    fc.assert(
      fc.property(
        fc.dictionary(word, word),
        fc.uint8Array({ maxLength: 500 }),
        (headers, bytes) => {
          const block = {
            label: 'SOME KEY',
            headers: new Map(Object.entries(headers)),
            bytes: Buffer.from(bytes),
          };
          expect(decodePem(encodePem(block))).toEqual([block]);
        },
      ),
    );
  });
});
