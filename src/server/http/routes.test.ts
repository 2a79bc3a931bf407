import { describe, expect, it } from 'vitest';
import { RouteCache } from './route-cache.ts';
import { matchRoute } from './routes.ts';

const sha256 = 'ab'.repeat(32);

function operation(method: string, path: string): string | undefined {
  return matchRoute(method, path)?.route.operation;
}

describe('route table', () => {
  it('has the rows of Go, in their order', () => {
    const cases = [
      ['GET', '/v2/', 'Ping'],
      ['POST', '/v2/a/b/_trust/tuf/', 'UpdateTUF'],
      ['GET', `/v2/a/_trust/tuf/root.${sha256}.json`, 'GetRoleByHash'],
      ['GET', `/v2/a/_trust/tuf/targets/x.${'0'.repeat(96)}.json`, 'GetRoleByHash'],
      ['GET', `/v2/a/_trust/tuf/root.${'0'.repeat(128)}.json`, 'GetRoleByHash'],
      ['GET', '/v2/a/_trust/tuf/12.targets/x/y.json', 'GetRoleByVersion'],
      ['GET', '/v2/a/_trust/tuf/targets/x/y.json', 'GetRole'],
      ['GET', '/v2/a/_trust/tuf/snapshot.key', 'GetKey'],
      ['POST', '/v2/a/_trust/tuf/timestamp.key', 'RotateKey'],
      ['DELETE', '/v2/a/_trust/tuf/', 'DeleteTUF'],
      ['GET', '/v2/a/_trust/changefeed', 'Changefeed'],
      ['GET', '/v2/_trust/changefeed', 'AllChanges'],
      ['GET', '/_notary_server/health', 'Health'],
      ['GET', '/metrics', 'Metrics'],
      ['PUT', '/metrics', 'NotFound'],
      ['HEAD', '/v2/a/_trust/tuf/root.json', 'NotFound'],
      ['GET', '/v2/a/_trust/tuf/root.json/', 'NotFound'],
      ['GET', '/v2/a/_trust/tuf/targets/x y.json', 'NotFound'],
      ['GET', '/a\nb', 'NotFound'],
      ['PATCH', '/v2/', undefined],
      ['CONNECT', '/', undefined],
    ] as const;
    for (const [method, path, expected] of cases) {
      expect([path, operation(method, path)]).toEqual([path, expected]);
    }
  });

  it('takes the longest repository name, as Go’s expressions do', () => {
    const path = '/v2/a/_trust/tuf/b/_trust/tuf/root.json';
    expect(matchRoute('GET', path)).toMatchObject({ gun: 'a/_trust/tuf/b', role: 'root' });
    const inRole = '/v2/a/_trust/tuf/targets/_trust/tuf/x.json';
    expect(matchRoute('GET', inRole)).toMatchObject({ gun: 'a', role: 'targets/_trust/tuf/x' });
  });

  it('takes a hash as a hash, not as part of the role', () => {
    const path = `/v2/a/_trust/tuf/targets/x.${sha256}.json`;
    expect(matchRoute('GET', path)).toMatchObject({ role: 'targets/x', which: sha256 });
    const other = `/v2/a/_trust/tuf/targets/x.${sha256}0.json`;
    expect(matchRoute('GET', other)).toMatchObject({ role: `targets/x.${sha256}0`, which: '' });
  });

  it('answers hostile paths at once', () => {
    const hostile = [
      `/v2/${'/_trust/tuf/targets'.repeat(400)}`,
      `/v2/${'a/_trust/tuf/targets/'.repeat(380)}.json`,
      `/v2/a${`/_trust/tuf/targets/x.${'a'.repeat(60)}`.repeat(90)}`,
      `/v2/a/_trust/tuf/targets/${'a.'.repeat(4000)}`,
    ];
    // Milliseconds in all; with one step for each pair of characters it would be many seconds.
    const startMs = performance.now();
    for (const path of hostile) {
      for (let time = 0; time < 100; time += 1) {
        new RouteCache([]).resolve('GET', path.slice(0, 8192));
      }
    }
    expect(performance.now() - startMs).toBeLessThan(5000);
  });
});

it('costs a hostile path less than a millisecond, before anybody is asked who he is', () => {
  const hostile = [
    '/_trust/tuf/targets/x',
    '/_trust/tuf/targets',
    '/_trust/tuf/targets/a',
    '/_trust/tuf/1',
    '/_trust/tuf/9999999',
  ].flatMap((piece) => [1000, 8000].map((size) => piece.repeat(Math.floor(size / piece.length))));
  for (const path of hostile) {
    const best = Math.min(
      ...Array.from({ length: 10 }, () => {
        const startMs = performance.now();
        new RouteCache([]).resolve('GET', `/v2/a${path}`);
        return performance.now() - startMs;
      }),
    );
    expect([path.slice(0, 30), path.length, best < 1]).toEqual([
      path.slice(0, 30),
      path.length,
      true,
    ]);
  }
});

describe('route cache', () => {
  it('gives the same resolution again, for reads', () => {
    const cache = new RouteCache([]);
    const first = cache.resolve('GET', '/v2/a/_trust/tuf/root.json');
    expect(cache.resolve('GET', '/v2/a/_trust/tuf/root.json')).toBe(first);
    expect(cache.resolve('POST', '/v2/a/_trust/tuf/root.json')).not.toBe(first);
  });

  it('forgets rather than grow', () => {
    const cache = new RouteCache([]);
    const first = cache.resolve('GET', '/v2/a/_trust/tuf/root.json');
    for (let at = 0; at < 10_000; at += 1) cache.resolve('GET', `/v2/${at}/_trust/tuf/root.json`);
    expect(cache.resolve('GET', '/v2/a/_trust/tuf/root.json')).not.toBe(first);
    expect(cache.resolve('GET', '/v2/a/_trust/tuf/root.json')).toEqual(first);
  });

  it('knows which repositories lie outside the prefixes or cannot be stored', () => {
    const isForeign = (prefixes: readonly string[], gun: string) => {
      const resolution = new RouteCache(prefixes).resolve('GET', `/v2/${gun}/_trust/tuf/root.json`);
      return resolution.kind === 'match' && resolution.isForeign;
    };
    expect(isForeign(['a/', 'b/'], 'b/x')).toBe(false);
    expect(isForeign(['a/', 'b/'], 'ab/x')).toBe(true);
    expect(isForeign([], 'x'.repeat(255))).toBe(false);
    expect(isForeign([], 'x'.repeat(256))).toBe(true);
    expect(isForeign([], 'a%00b')).toBe(true);
  });
});
