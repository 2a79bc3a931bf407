import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalForm, canonicalJson, compareUtf8, escapeHtml } from './canonical-json.ts';
import { JsonScanner } from './json-scanner.ts';
import { parseJson } from './strict-json.ts';

interface Vector {
  readonly input: string;
  readonly canonical_base64?: string;
  readonly plain_marshal?: string;
  readonly error?: string;
}
const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../../test/vectors/canonical-json.json', import.meta.url), 'utf8'),
);

/** A document as some writer might spell it: any spacing, any escapes, any order. */
const anyDocument = fc
  .tuple(fc.json(), fc.constantFrom('', ' ', '\n'), fc.boolean())
  .map(([json, space, isEscaped]) => {
    const spaced = space === '' ? json : JSON.stringify(JSON.parse(json), null, space);
    return isEscaped
      ? spaced.replace(/[a-z](?=[^"]*":)/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)
      : spaced;
  });

describe('canonical JSON', () => {
  for (const vector of vectors) {
    it(`is what Go writes for ${vector.input}`, () => {
      const rewrite = () =>
        Buffer.from(canonicalJson(parseJson(Buffer.from(vector.input)))).toString('base64');
      if (vector.error === undefined) expect(rewrite()).toBe(vector.canonical_base64);
      else expect(rewrite).toThrow(expect.objectContaining({ code: 'JSON_INVALID' }));
    });
  }

  it('is the same made from the text as made from the tree, for any document', () => {
    const outcome = (make: () => string) => {
      try {
        return make();
      } catch (error) {
        expect(error).toMatchObject({ code: 'JSON_INVALID' });
        return undefined;
      }
    };
    fc.assert(
      fc.property(anyDocument, (text) => {
        const bytes = Buffer.from(text);
        const fromTree = outcome(() => canonicalJson(parseJson(bytes)));
        expect(outcome(() => canonicalForm(bytes))).toBe(fromTree);
      }),
      { numRuns: 1000 },
    );
  });

  it('sorts names by UTF-8 bytes, also beyond U+FFFF', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareUtf8(a.toWellFormed(), b.toWellFormed()))).toBe(expected);
      }),
    );
  });

  it('escapes for files exactly what Go escapes', () => {
    expect(escapeHtml('a<b>&\u2028\u2029/é"')).toBe('a\\u003cb\\u003e\\u0026\\u2028\\u2029/é"');
  });
});

describe('the scanner, where it says that text is canonical as it stands', () => {
  it('agrees with rebuilding it, for any document', () => {
    let canonicalSeen = 0;
    fc.assert(
      fc.property(anyDocument, (text) => {
        const bytes = Buffer.from(text);
        const scanner = new JsonScanner(bytes);
        scanner.beginCanonical();
        let value: ReturnType<typeof scanner.readValue>;
        try {
          value = scanner.readValue();
        } catch {
          return;
        }
        if (!scanner.isCanonical) return;
        canonicalSeen += 1;
        expect(canonicalJson(value)).toBe(text);
      }),
      { numRuns: 2000 },
    );
    expect(canonicalSeen).toBeGreaterThan(20);
  });

  it('recognises everything that was made canonical and needs no raw control character', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        if (
          /\\[^"\\]|[.eE]/.test(
            text.replace(/"(?:[^"\\]|\\.)*"/g, (s) => (/\\[^"\\]/.test(s) ? s : '""')),
          )
        )
          return;
        const parsed = parseJson(Buffer.from(text));
        const canonical = canonicalJson(parsed);
        if (Buffer.from(canonical).some((byte) => byte < 0x20)) return;
        const scanner = new JsonScanner(Buffer.from(canonical));
        scanner.beginCanonical();
        scanner.readValue();
        const hasEscapedName = /\\["\\](?:[^"\\]|\\.)*":/.test(canonical);
        const hasLargeInteger = /[0-9]{16}/.test(canonical);
        if (!hasEscapedName && !hasLargeInteger) expect(scanner.isCanonical).toBe(true);
      }),
    );
  });

  for (const text of [
    '{"b":1,"a":2}',
    '{ "a":1}',
    '[1, 2]',
    '"\\u0061"',
    '1e3',
    '-0',
    '"\\/"',
    '{"a\\"":1}',
    '9007199254740993',
  ]) {
    it(`does not take ${text} for canonical`, () => {
      const scanner = new JsonScanner(Buffer.from(text));
      scanner.beginCanonical();
      scanner.readValue();
      expect(scanner.isCanonical).toBe(false);
    });
  }
});
