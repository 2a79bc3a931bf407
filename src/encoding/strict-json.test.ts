import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonView } from './json-view.ts';
import { parseJson } from './strict-json.ts';

const invalid = expect.objectContaining({ code: 'JSON_INVALID' });
const parse = (text: string) => parseJson(Buffer.from(text));

/** Our Maps as plain values, for comparing with JSON.parse. */
function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([name, item]) => [name, plain(item)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('strict JSON', () => {
  it('reads what JSON.parse reads, for any document without duplicate names', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(plain(parse(text))).toEqual(
          JSON.parse(JSON.stringify(JSON.parse(text)).replaceAll('-0', '-0')),
        );
      }),
    );
  });

  for (const [what, text] of [
    ['a duplicate member', '{"a":1,"a":2}'],
    ['a duplicate member, once escaped', '{"a":1,"\\u0061":2}'],
    ['a duplicate deep inside', '[{"x":{"y":1,"z":2,"y":3}}]'],
    ['a second document', '{} {}'],
    ['a missing end', '{"a":1'],
    ['an unterminated string', '"abc'],
    ['an escape that does not exist', '"\\x41"'],
    ['half an escape', '"\\u00"'],
    ['a control character in a string', '"a\nb"'],
    ['a trailing comma', '[1,]'],
    ['a leading zero', '01'],
    ['a plus sign', '+1'],
    ['a lone minus', '-'],
    ['NaN', 'NaN'],
    ['a word cut short', 'tru'],
    ['a number beyond all floats', '1e999'],
    ['a comment', '{/*x*/}'],
    ['single quotes', "{'a':1}"],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
    ['a name that is no string', '{1:2}'],
    ['nesting beyond the limit', '['.repeat(101) + ']'.repeat(101)],
    ['nesting without an end', '{"a":'.repeat(200_000)],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => parse(text)).toThrow(invalid);
    });
  }

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(invalid);
  });

  it('refuses a document above the limit before reading it', () => {
    expect(() => parseJson(Buffer.from('[1,2,3]'), { maxBytes: 6 })).toThrow(invalid);
  });

  it('reads nesting up to the limit', () => {
    expect(() => parse('['.repeat(100) + ']'.repeat(100))).not.toThrow();
  });

  it('keeps __proto__ and constructor as ordinary names', () => {
    const value = new JsonView(parse('{"__proto__":1,"constructor":2}'), 'x');
    expect(value.entries().map(([name]) => name)).toEqual(['__proto__', 'constructor']);
    expect(value.member('toString').exists).toBe(false);
  });

  it('turns a lone surrogate into U+FFFD, as Go does', () => {
    expect(parse('"\\ud800x"')).toBe('\ufffdx');
  });

  it('never fails otherwise than by its code, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parseJson(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'JSON_INVALID' });
        }
      }),
    );
  });
});

describe('a view of JSON', () => {
  it('names the path of the fault', () => {
    const view = new JsonView(parse('{"a":{"b":[1,"x"]}}'), 'file');
    expect(() => view.member('a').member('b').list()[1]?.integer()).toThrow(
      'file.a.b[1] is not an integer',
    );
    expect(() => view.member('a').member('c').string()).toThrow('file.a.c is missing');
  });

  it('escapes control characters of names in the path', () => {
    const view = new JsonView(parse('{"\\u001b[2J":1}'), 'file');
    expect(() => view.entries()[0]?.[1].string()).toThrow('file["\\u001b[2J"] is not a string');
  });

  for (const name of ['Signed', 'SIGNED', '\u017figned']) {
    it(`refuses ${name}, which a Go peer would read as signed`, () => {
      const view = new JsonView(new Map([[name, 1]]), 'file');
      expect(() => view.withNames('signed')).toThrow(invalid);
    });
  }

  it('lets unknown members be', () => {
    expect(() => new JsonView(new Map([['extra', 1]]), 'file').withNames('signed')).not.toThrow();
  });
});
