import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../encoding/canonical-json.ts';
import { JsonScanner } from '../encoding/json-scanner.ts';
import { JsonView } from '../encoding/json-view.ts';
import { type JsonValue, parseJson } from '../encoding/strict-json.ts';
import { fileMetaJson, parseFileMeta } from './file-meta.ts';
import { matchPlainTarget } from './plain-target.ts';
import { type Target, TargetTable } from './target-table.ts';

const read = (text: string) => TargetTable.read(new JsonScanner(Buffer.from(text)));

const digest = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((content) => Buffer.from(content));
const plainTarget: fc.Arbitrary<Target> = fc
  .tuple(fc.nat(), digest(32), fc.option(digest(64)))
  .map(([length, sha256, sha512]) => ({
    length,
    hashes: new Map([
      ['sha256', sha256],
      ...(sha512 === null ? [] : ([['sha512', sha512]] as const)),
    ]),
  }));
const customTarget = plainTarget.map((target) => ({
  ...target,
  custom: new Map([
    ['z', 1],
    ['a', 2],
  ]),
}));
const oddTarget = plainTarget.map(({ length }) => ({
  length,
  hashes: new Map([['md5', Buffer.alloc(3)]]),
}));
const tagName = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '10',
    '2',
    'odd <name>&é',
    'q"uote',
    'back\\slash',
    '\u{1f600}',
    '\uffff',
  ),
);
const content = fc.array(fc.tuple(tagName, fc.oneof(plainTarget, customTarget, oddTarget)), {
  maxLength: 12,
});

/** The slow way: everything as one tree of Maps, read without offsets, matcher or bisection. */
function slowly(text: string): ReadonlyMap<string, Target> {
  const tree = parseJson(Buffer.from(text));
  canonicalJson(tree);
  const view = new JsonView(tree, 'targets', 'METADATA_INVALID');
  return new Map(view.entries().map(([name, entry]) => [name, parseFileMeta(entry)]));
}

function written(entries: readonly (readonly [string, Target])[]): string {
  const members = entries.map(([name, target]) => [name, fileMetaJson(target)] as const);
  return canonicalJson(new Map<string, JsonValue>(members));
}

describe('the table of tags', () => {
  it('finds what the slow reader finds, however the file is written', () => {
    fc.assert(
      fc.property(content, fc.boolean(), fc.boolean(), (entries, isSpaced, isReversed) => {
        const ordered = isReversed ? [...entries].reverse() : entries;
        const canonical = written(ordered);
        const json: unknown = JSON.parse(canonical);
        const text = isSpaced ? JSON.stringify(json, null, 1) : canonical;
        const table = read(text);
        const expected = slowly(text);
        expect(table.size).toBe(expected.size);
        for (const [name, target] of expected) expect(table.get(name)).toEqual(target);
        expect(new Map(table.entries())).toEqual(expected);
        expect(table.get('no such tag')).toBeUndefined();
      }),
    );
  });

  it('refuses what the slow reader refuses, and nothing else', () => {
    const anyEntry = fc.oneof(
      plainTarget.map((target) => canonicalJson(fileMetaJson(target))),
      fc.json(),
      fc.constantFrom(
        '{"hashes":{"sha256":"*"},"length":1}',
        '{"hashes":{"sha256":"AAAA"},"length":01}',
        '{"hashes":{"sha256":null},"length":1}',
        '{"hashes":null,"length":1}',
        '{"length":1}',
        '{"hashes":{},"length":1.5}',
        '{"hashes":{},"length":1,"Length":2}',
        `{"hashes":{"sha256":"${'A'.repeat(43)}="},"length":12345678901234567}`,
        `{"hashes":{"sha256":"${'A'.repeat(43)}="},"length":-1}`,
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', '\\u0061', 'c'), anyEntry), { maxLength: 5 }),
        (entries) => {
          const text = `{${entries.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
          const outcome = (run: () => unknown) => {
            try {
              run();
              return 'read';
            } catch (error) {
              return error instanceof Error ? 'refused' : 'thrown';
            }
          };
          expect(outcome(() => read(text))).toBe(outcome(() => slowly(text)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('changes one entry and leaves every other byte alone', () => {
    fc.assert(
      fc.property(content, tagName, fc.option(plainTarget), (entries, name, change) => {
        const table = read(written(entries));
        const changed = table.with(new Map([[name, change ?? undefined]]));
        const expected = new Map(entries);
        if (change === null) expected.delete(name);
        else expected.set(name, change);
        expect(changed.canonicalBytes().toString()).toBe(written([...expected]));
      }),
    );
  });

  it('refuses to write a tag with a control character, which Go could not', () => {
    const target = { length: 1, hashes: new Map() };
    expect(() => TargetTable.empty().with(new Map([['a\tb', target]]))).toThrow(
      expect.objectContaining({ code: 'METADATA_INVALID' }),
    );
  });

  it('finds __proto__ only where it is listed', () => {
    expect(read('{"1":{"hashes":{},"length":1}}').get('__proto__')).toBeUndefined();
    expect(read('{"__proto__":{"hashes":{},"length":7}}').get('__proto__')?.length).toBe(7);
  });

  it('holds 100,000 tags and finds each without reading the others', () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `v${index}`);
    const hash = Buffer.alloc(32, 7);
    const changes = new Map(
      names.map((name, length) => [name, { length, hashes: new Map([['sha256', hash]]) }]),
    );
    const table = TargetTable.empty().with(changes);
    expect(table.size).toBe(100_000);
    for (const length of [0, 1, 9, 10, 99_999])
      expect(table.get(`v${length}`)?.length).toBe(length);
  });
});

describe('the matcher for plain entries', () => {
  it('only recognises what the slow reader reads, and ends where it ends', () => {
    fc.assert(
      fc.property(plainTarget, fc.string({ maxLength: 5 }), (target, rest) => {
        const text = canonicalJson(fileMetaJson(target));
        expect(matchPlainTarget(Buffer.from(text + rest), 0)).toBe(text.length);
      }),
    );
  });

  it('leaves anything else to the slow reader, cut at any byte', () => {
    const text = canonicalJson(
      fileMetaJson({ length: 5, hashes: new Map([['sha256', Buffer.alloc(32)]]) }),
    );
    for (let end = 0; end < text.length; end += 1) {
      expect(matchPlainTarget(Buffer.from(text.slice(0, end)), 0)).toBe(-1);
    }
  });
});
