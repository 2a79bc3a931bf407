import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRequestPath } from './request-path.ts';

describe('request path', () => {
  it('is decoded and parted from the query', () => {
    expect(readRequestPath('/v2/a%2Fb/x?records=1&x=%2F')).toEqual({
      kind: 'path',
      path: '/v2/a/b/x',
      query: 'records=1&x=%2F',
    });
    expect(readRequestPath('/v2/é%C3%A9/')).toMatchObject({ path: '/v2/éé/' });
  });

  it('may be given as a whole URL', () => {
    expect(readRequestPath('http://host:1/v2/?a')).toEqual({
      kind: 'path',
      path: '/v2/',
      query: 'a',
    });
    expect(readRequestPath('http://host')).toEqual({ kind: 'redirect', location: '/' });
  });

  it('is redirected to its clean form, as the router of Go does', () => {
    const cases = [
      ['/v2//', '/v2/'],
      ['//v2/?a=b', '/v2/?a=b'],
      ['/v2/a/../b/_trust/tuf/root.json', '/v2/b/_trust/tuf/root.json'],
      ['/v2/./x', '/v2/x'],
      ['/v2/x/.', '/v2/x'],
      ['/v2/x/..', '/v2'],
      ['/a/%2e%2e/%2e%2e/b', '/b'],
      ['/../..', '/'],
      ['//evil.example/a', '/evil.example/a'],
      ['/%2Fevil.example/a', '/evil.example/a'],
    ] as const;
    for (const [target, location] of cases) {
      expect(readRequestPath(target)).toEqual({ kind: 'redirect', location });
    }
  });

  it('cannot end the header or leave this host through a redirect', () => {
    expect(readRequestPath('/x//%0d%0aSet-Cookie:%20a')).toEqual({
      kind: 'redirect',
      location: '/x/%0D%0ASet-Cookie:%20a',
    });
    expect(readRequestPath("/a//b%21'()*%23%3F%5C")).toEqual({
      kind: 'redirect',
      location: '/a/b%21%27%28%29%2A%23%3F%5C',
    });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const path = readRequestPath(`//${encodeURIComponent(text.toWellFormed())}/`);
        if (path.kind !== 'redirect') return;
        expect(path.location).toMatch(/^\/(?!\/)[\x21-\x7e]*$/);
      }),
    );
  });

  it('is unreadable with broken escapes, without a slash, or beyond all measure', () => {
    for (const target of ['/%', '/%zz', '/%ff', '*', 'v2/', '', `/${'a'.repeat(9000)}`]) {
      expect(readRequestPath(target)).toEqual({ kind: 'unreadable' });
    }
  });

  it('is unreadable when it is longer, once decoded, than any that is answered', () => {
    const gun = encodeURIComponent('é'.repeat(255));
    const role = `targets/${'a'.repeat(247)}`;
    const target = `/v2/${gun}/_trust/tuf/${role}.${'0'.repeat(128)}.json`;
    expect(readRequestPath(target)).toMatchObject({ kind: 'path' });
    const hostile = [
      `/v2/a/${'a'.repeat(1100)}`,
      `/v2/a${'/_trust/tuf/targets/x'.repeat(60)}`,
      `/v2/a${'%2F_trust%2Ftuf%2Ftargets%2Fx'.repeat(60)}`,
    ];
    for (const path of hostile) expect(readRequestPath(path)).toEqual({ kind: 'unreadable' });
    expect(readRequestPath(`/v2/?${'a'.repeat(8000)}`)).toMatchObject({ kind: 'path' });
  });

  it('is clean after one redirect', () => {
    const segment = fc.constantFrom('', '.', '..', 'a', 'b%20', '%2e', '%2F');
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const first = readRequestPath(`/${segments.join('/')}`);
        if (first.kind !== 'redirect') return;
        expect(readRequestPath(first.location)).toMatchObject({ kind: 'path' });
      }),
    );
  });
});
