import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { form } from '../../../test/server/http-scene.ts';
import { multipartBoundary, readMultipart } from './multipart.ts';

function read(body: string | Buffer, boundary = 'b', maxParts = 99) {
  const result = readMultipart(Buffer.from(body), boundary, maxParts);
  if (result.kind !== 'parts') return result.kind;
  return result.parts.map((part) => [part.filename, part.bytes.toString('latin1')]);
}

const head = (disposition: string) => `--b\r\nContent-Disposition: ${disposition}\r\n\r\n`;

describe('boundary', () => {
  it('is read from forms and mixed bodies, quoted or not', () => {
    expect(multipartBoundary('multipart/form-data; boundary=abc')).toBe('abc');
    expect(multipartBoundary('Multipart/Form-Data;charset=x; Boundary="a b\\"c"')).toBe('a b"c');
    expect(multipartBoundary('multipart/mixed; boundary=abc ')).toBe('abc');
  });

  it('is missing in everything else', () => {
    for (const type of [
      undefined,
      '',
      'application/json',
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=""',
      'multipart/form-data; boundary=a; boundary=b',
      'multipart/form-data; boundary="a',
      'multipart/related; boundary=a',
      `multipart/form-data; boundary=${'x'.repeat(71)}`,
    ]) {
      expect(multipartBoundary(type)).toBeUndefined();
    }
  });
});

describe('parts', () => {
  it('are cut at the delimiters, bytes untouched', () => {
    expect(read(`${head('form-data; name="files"; filename="root"')}{"a":1}\r\n--b--\r\n`)).toEqual(
      [['root', '{"a":1}']],
    );
  });

  it('may follow a preamble and precede an epilogue', () => {
    expect(read(`hello\r\n${head('x; filename=root')}1\r\n--b--\r\nbye`)).toEqual([['root', '1']]);
  });

  it('may be empty, and may hold what looks like a delimiter', () => {
    expect(read(`${head('x; filename=a')}\r\n--b--`)).toEqual([['a', '']]);
    expect(read(`${head('x; filename=a')}--b\r\n--bb\n--b\r\n--b--`)).toBe('malformed');
    expect(read(`${head('x; filename=a')}\n--b--\r\n--b--`)).toEqual([['a', '\n--b--']]);
  });

  it('have no name when the disposition is missing, broken or repeats itself', () => {
    for (const disposition of [
      'form-data; name="x"',
      'x; filename="',
      'x; filename=a; filename=b',
      'x',
    ]) {
      expect(read(`${head(disposition)}1\r\n--b--`)).toEqual([['', '1']]);
    }
    expect(read('--b\r\n\r\n1\r\n--b--')).toEqual([['', '1']]);
    expect(read('--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--')).toEqual([['', '1']]);
  });

  it('keep paths and escapes in their names', () => {
    expect(read(`${head('x; filename="/etc/\\"x\\\\"')}1\r\n--b--`)).toEqual([['/etc/"x\\', '1']]);
  });

  it('are malformed when the body ends early or is something else', () => {
    const whole = `${head('x; filename=root')}{"a":1}\r\n--b--`;
    for (let length = 0; length < whole.length; length += 1) {
      expect(read(whole.slice(0, length))).toBe('malformed');
    }
    for (const body of ['{}', '--c\r\n\r\n1\r\n--c--', '--bx\r\n\r\n--b--', '--b\n\n1\n--b--']) {
      expect(read(body)).toBe('malformed');
    }
  });

  it('are malformed when their headers have no end within reason', () => {
    const long = `--b\r\n${'X: y\r\n'.repeat(2000)}\r\n1\r\n--b--`;
    expect(read(long)).toBe('malformed');
  });

  it('are limited in number', () => {
    const many = form(Array.from({ length: 5 }, (_, at) => [`r${at}`, '1'] as const));
    expect(read(many, 'paraphboundary', 4)).toBe('too-many');
    expect(read(many, 'paraphboundary', 5)).toHaveLength(5);
  });

  it('come back as they were written, whatever the bytes', () => {
    const content = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    const name = fc.stringMatching(/^[a-z/_-]{1,20}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, content), { minLength: 1 }), (parts) => {
        const written = parts.map(([filename, bytes]) => [filename, bytes.toString('latin1')]);
        expect(read(form(parts), 'paraphboundary')).toEqual(written);
      }),
    );
  });

  it('never take long, nor throw, on any bytes', () => {
    const piece = fc.constantFrom('--b', '\r\n', '--', ':', 'filename="', '\0', 'x', ';', '"', '=');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        read(pieces.join(''));
      }),
    );
  });
});
