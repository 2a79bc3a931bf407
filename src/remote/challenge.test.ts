import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from './challenge.ts';

const server = new URL('https://trust.example.com/v2/');
const parse = (header: string, from = server): unknown[] =>
  parseChallenges(header, from).map((challenge) =>
    challenge.scheme === 'basic' ? challenge : { ...challenge, realm: challenge.realm.href },
  );

describe('a challenge', () => {
  it("of notary-server's form is understood", () => {
    const header =
      'Bearer realm="https://auth.example.com/token",service="trust",scope="repository:a/b:push,pull",error="insufficient_scope"';
    expect(parse(header)).toEqual([
      {
        scheme: 'bearer',
        realm: 'https://auth.example.com/token',
        service: 'trust',
        error: 'insufficient_scope',
      },
    ]);
  });

  it('of any spelling is understood: case, spaces, order, unquoted values, escapes, unknown parameters', () => {
    const header = 'bEARER  Service = "a\\"b, c" , x=y,  REALM=https://auth.example.com/t?a=b';
    expect(parse(header)).toEqual([
      {
        scheme: 'bearer',
        realm: 'https://auth.example.com/t?a=b',
        service: 'a"b, c',
        error: undefined,
      },
    ]);
  });

  it('is one of several, in the order of the server', () => {
    const header =
      'Negotiate, Digest realm="x", nonce="y", Basic realm="r", Bearer realm="https://a/"';
    expect(parse(header)).toMatchObject([{ scheme: 'basic' }, { scheme: 'bearer' }]);
  });

  it('keeps the first of a parameter that is named twice', () => {
    expect(parse('Bearer realm="https://a/",realm="https://b/"')).toMatchObject([
      { realm: 'https://a/' },
    ]);
  });

  it.each([
    '',
    'Bearer',
    'Bearer realm=""',
    'Bearer realm="not a url"',
    'Negotiate',
    ',,,',
    '="x"',
    'Bearer realm="https://a',
  ])('that says nothing usable is none: %j', (header) => {
    expect(parse(header)).toEqual([]);
  });
});

describe('the realm, to which secrets go', () => {
  it.each([
    'http://auth.example.com/token',
    'http://127.0.0.1/token',
    'https://user:pw@auth.example.com/token',
    'file:///etc/passwd',
    'javascript:1',
  ])('is not taken from a server elsewhere when it is %s', (realm) => {
    expect(parse(`Bearer realm="${realm}"`)).toEqual([]);
  });

  it('may be loopback http when the server is on loopback', () => {
    const local = new URL('http://localhost:5000/v2/');
    expect(parse('Bearer realm="http://127.0.0.1:5001/token"', local)).toHaveLength(1);
    expect(parse('Bearer realm="http://auth.example.com/token"', local)).toEqual([]);
  });
});

it('any header at all is read without failing, in little time', () => {
  const started = performance.now();
  parse(`Bearer ${'a="'.repeat(100_000)}`);
  parse(`Bearer ${', '.repeat(100_000)}`);
  parse('a '.repeat(100_000));
  parse(`Bearer a=${'\\'.repeat(100_000)}`);
  expect(performance.now() - started).toBeLessThan(1_000);
  assert(property(string({ unit: 'binary' }), (header) => Array.isArray(parse(header))));
});
