// Reads, keys, deletion and the routes around them, in Go's bytes (HTTP API §1).
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorBody, HttpScene } from '../../../test/server/http-scene.ts';

const missing = 'You have requested metadata that does not exist.';
const notRouted = errorBody('METADATA_NOT_FOUND', missing);
const notStored = errorBody('METADATA_NOT_FOUND', missing, {});

let scene: HttpScene;
beforeEach(async () => {
  scene = await HttpScene.published();
});
afterEach(() => scene.close());

describe('metadata by name', () => {
  it('is the stored bytes with the headers of Go', async () => {
    const answer = await scene.ask(scene.tuf('root.json'));
    expect(answer.status).toBe(200);
    expect(answer.body.equals(scene.sim.bytes('root'))).toBe(true);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(answer.body.length),
      'cache-control': 'public, max-age=300, s-maxage=300, must-revalidate',
      'last-modified': 'Wed, 25 Nov 2026 00:00:00 GMT',
      etag: `"${createHash('sha256').update(answer.body).digest('hex')}"`,
    });
  });

  it('is there for every role that is published', async () => {
    for (const role of ['root', 'targets', 'snapshot', 'timestamp']) {
      expect((await scene.ask(scene.tuf(`${role}.json`))).status).toBe(200);
    }
  });

  it('is not found for a role that is not, or that cannot be', async () => {
    for (const role of [
      'targets/none',
      'targets/UPPER',
      'targets/a.b',
      `targets/${'x'.repeat(300)}`,
    ]) {
      const answer = await scene.ask(scene.tuf(`${role}.json`));
      expect([answer.status, answer.text]).toEqual([404, notStored]);
    }
  });

  it('is not found in another repository', async () => {
    for (const gun of ['other', `${scene.gun}/x`, scene.gun.toUpperCase()]) {
      const answer = await scene.ask(`/v2/${gun}/_trust/tuf/timestamp.json`);
      expect([answer.status, answer.text]).toEqual([404, notStored]);
      expect(answer.headers['cache-control']).toBeUndefined();
    }
  });

  it('is found under escaped spellings of the same path', async () => {
    const escaped = scene.gun.replaceAll('/', '%2F');
    expect((await scene.ask(`/v2/${escaped}/_trust/tuf/root.json`)).status).toBe(200);
  });

  it('is not answered to HEAD, as in Go', async () => {
    const answer = await scene.ask(scene.tuf('root.json'), { method: 'HEAD' });
    expect([answer.status, answer.text]).toEqual([404, '']);
    expect(answer.headers['content-length']).toBe(String(notRouted.length));
  });
});

describe('metadata by hash and version', () => {
  it('is cached for long', async () => {
    const sum = createHash('sha256').update(scene.sim.bytes('root')).digest('hex');
    for (const name of [`root.${sum}.json`, '1.root.json', '001.root.json']) {
      const answer = await scene.ask(scene.tuf(name));
      expect(answer.status).toBe(200);
      expect(answer.body.equals(scene.sim.bytes('root'))).toBe(true);
      expect(answer.headers['cache-control']).toBe('public, max-age=2592000, s-maxage=2592000');
    }
  });

  it('is not found under another spelling, role, length or version', async () => {
    const sum = createHash('sha256').update(scene.sim.bytes('root')).digest('hex');
    const sha512 = createHash('sha512').update(scene.sim.bytes('root')).digest('hex');
    const names = [
      `root.${sum.toUpperCase()}.json`,
      `targets.${sum}.json`,
      `root.${sha512}.json`,
      '2.root.json',
      '0.root.json',
      '1.targets/none.json',
      '9223372036854775807.root.json',
    ];
    for (const name of names) {
      const answer = await scene.ask(scene.tuf(name));
      expect([name, answer.status, answer.text]).toEqual([name, 404, notStored]);
    }
  });

  it('tells a number that Go cannot read', async () => {
    const answer = await scene.ask(scene.tuf('9223372036854775808.root.json'));
    const detail = { Func: 'Atoi', Num: '9223372036854775808', Err: {} };
    expect(answer.text).toBe(errorBody('METADATA_NOT_FOUND', missing, detail));
  });
});

describe('conditional reads', () => {
  it('are answered 304 without a body when the client has the file', async () => {
    const { headers } = await scene.ask(scene.tuf('root.json'));
    const etag = headers.etag!;
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await scene.ask(scene.tuf('root.json'), { headers: { 'if-none-match': tag } });
      expect([answer.status, answer.text]).toEqual([304, '']);
      expect(answer.headers.etag).toBe(etag);
    }
  });

  it('are answered in full when the client has another', async () => {
    for (const tag of ['"x"', 'nonsense', '']) {
      const answer = await scene.ask(scene.tuf('root.json'), { headers: { 'if-none-match': tag } });
      expect(answer.status).toBe(200);
    }
  });

  it('never hide a new file', async () => {
    const { headers } = await scene.ask(scene.tuf('targets.json'));
    scene.sim.tag('v1');
    scene.sim.publishTargets();
    await scene.upload('targets');
    const answer = await scene.ask(scene.tuf('targets.json'), {
      headers: { 'if-none-match': headers.etag! },
    });
    expect(answer.body.equals(scene.sim.bytes('targets'))).toBe(true);
  });
});

describe('switched-off caching', () => {
  it('says so to old and new caches', async () => {
    const other = await HttpScene.published({ cacheSeconds: { current: 0, consistent: 0 } });
    for (const name of ['root.json', '1.root.json']) {
      expect((await other.ask(other.tuf(name))).headers).toMatchObject({
        'cache-control': 'max-age=0, no-cache, no-store',
        pragma: 'no-cache',
      });
    }
    await other.close();
  });
});

describe('server keys', () => {
  it('are given in the order of members that Go has', async () => {
    const answer = await scene.ask(scene.tuf('timestamp.key'));
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(
      /^\{"keytype":"ed25519","keyval":\{"public":"[A-Za-z0-9+/]{43}=","private":null\}\}$/,
    );
  });

  it('stay those that the published root lists, until they are rotated', async () => {
    const first = await scene.ask(scene.tuf('snapshot.key'));
    expect((await scene.ask(scene.tuf('snapshot.key'))).text).toBe(first.text);
    const rotated = await scene.ask(scene.tuf('snapshot.key'), { method: 'POST' });
    expect(rotated.status).toBe(200);
    expect(rotated.text).not.toBe(first.text);
    expect((await scene.ask(scene.tuf('snapshot.key'))).text).toBe(first.text);
  });

  it('exist for snapshot and timestamp alone', async () => {
    for (const role of ['root', 'targets', 'targets/a']) {
      for (const method of ['GET', 'POST']) {
        const answer = await scene.ask(scene.tuf(`${role}.key`), { method });
        expect([answer.status, answer.text]).toEqual([404, notRouted]);
      }
    }
  });
});

describe('deletion', () => {
  it('takes the repository away and is 200 whether or not there was one', async () => {
    for (let time = 0; time < 2; time += 1) {
      const answer = await scene.ask(scene.tuf(''), { method: 'DELETE' });
      expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
        200,
        '',
        undefined,
      ]);
    }
    expect((await scene.ask(scene.tuf('root.json'))).status).toBe(404);
  });
});

describe('everything around', () => {
  it('answers the ping, health and metrics', async () => {
    const ping = await scene.ask('/v2/');
    expect([ping.status, ping.text, ping.headers['content-type']]).toEqual([
      200,
      '{}',
      'text/plain; charset=utf-8',
    ]);
    const health = await scene.ask('/_notary_server/health');
    expect([health.status, health.text]).toEqual([200, '{}']);
    await scene.ask(scene.tuf('timestamp.json'));
    const metrics = await scene.ask('/metrics');
    expect(metrics.text).toMatch(
      /notary_server_http_requests_total\{operation="GetRole",method="get",code="200"\} 1\n/,
    );
    expect(metrics.text).toMatch(
      /notary_server_http_request_duration_microseconds\{operation="GetRole",quantile="0.99"\} \d/,
    );
    expect(metrics.text).toContain(
      'notary_server_http_response_size_bytes_count{operation="UpdateTUF"} 1\n',
    );
    expect(metrics.text).toContain('process_cpu_seconds_total');
  });

  it('is not found, whatever the path', async () => {
    for (const path of [
      '/',
      '/v2',
      '/v3/',
      '/v2/x',
      '/v2/_trust/tuf/root.json',
      '/v2/a*/_trust/tuf/root.json',
    ]) {
      const answer = await scene.ask(path);
      expect([path, answer.status, answer.text]).toEqual([path, 404, notRouted]);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    }
    for (const method of ['PUT', 'DELETE', 'POST']) {
      expect((await scene.ask('/v2/', { method })).text).toBe(notRouted);
    }
  });

  it('does not know other methods', async () => {
    for (const method of ['PATCH', 'OPTIONS', 'TRACE']) {
      const answer = await scene.ask('/v2/', { method });
      expect([answer.status, answer.text]).toEqual([405, '']);
    }
  });

  it('redirects to the clean path', async () => {
    const answer = await scene.ask('//v2/?a=b');
    expect([answer.status, answer.headers.location, answer.text]).toEqual([301, '/v2/?a=b', '']);
    expect((await scene.ask('//v2/', { method: 'PATCH' })).status).toBe(301);
  });

  it('cannot read a path with broken escapes', async () => {
    for (const path of ['/v2/%zz', '/v2/%', '/v2/%ff/x', `/${'a'.repeat(9000)}`]) {
      const answer = await scene.ask(path);
      expect([answer.status, answer.text]).toEqual([400, '400 Bad Request']);
    }
  });
});
