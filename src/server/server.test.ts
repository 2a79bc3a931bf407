// The server put together: what its configuration switches on is really on.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tlsFixtures } from '../../test/daemon/tls-fixtures.ts';
import { errorBody, HttpScene } from '../../test/server/http-scene.ts';
import { createLog } from '../daemon/log.ts';
import { fingerprint } from './auth/token-keys.ts';
import type { ServerConfig } from './config.ts';

let dir: string;
let scene: HttpScene | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-server-'));
});
afterEach(async () => {
  await scene?.close();
  scene = undefined;
  await rm(dir, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

async function start(config: Partial<ServerConfig>): Promise<HttpScene> {
  scene = await HttpScene.start(config);
  return scene;
}

describe('token authentication', () => {
  async function protectedScene(): Promise<HttpScene> {
    const bundleFile = await file('bundle.crt', tlsFixtures.stranger.cert);
    const options = { realm: 'https://auth/token', service: 'notary', issuer: 'auth' };
    return start({ auth: { ...options, bundleFile, isAutoRedirect: false } });
  }

  function bearer(gun: string, actions: readonly string[], nowMs: number): Promise<string> {
    const access = [{ type: 'repository', name: gun, actions }];
    return new SignJWT({ iss: 'auth', aud: 'notary', access, exp: nowMs / 1000 + 60 })
      .setProtectedHeader({
        alg: 'ES256',
        kid: fingerprint(new X509Certificate(tlsFixtures.stranger.cert).publicKey),
      })
      .sign(createPrivateKey(tlsFixtures.stranger.key));
  }

  it('stands before every route but health and metrics', async () => {
    const at = await protectedScene();
    const cases = [
      ['GET', '/v2/', 'registry:catalog:*'],
      ['GET', '/nothing', 'registry:catalog:*'],
      ['GET', '/v2/_trust/changefeed', 'registry:catalog:*'],
      ['GET', at.tuf('root.json'), `repository:${at.gun}:pull`],
      ['GET', at.tuf('1.root.json'), `repository:${at.gun}:pull`],
      ['GET', `/v2/${at.gun}/_trust/changefeed`, `repository:${at.gun}:pull`],
      ['GET', at.tuf('timestamp.key'), `repository:${at.gun}:push,pull`],
      ['POST', at.tuf(''), `repository:${at.gun}:push,pull`],
      ['POST', at.tuf('timestamp.key'), `repository:${at.gun}:*`],
      ['DELETE', at.tuf(''), `repository:${at.gun}:*`],
    ] as const;
    for (const [method, path, scope] of cases) {
      const answer = await at.ask(path, { method });
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers['www-authenticate']).toBe(
        `Bearer realm="https://auth/token",service="notary",scope="${scope}"`,
      );
    }
    expect((await at.ask('/_notary_server/health')).status).toBe(200);
    expect((await at.ask('/metrics')).status).toBe(200);
  });

  it('lists the rights that are wanted in the answer', async () => {
    const at = await protectedScene();
    const answer = await at.ask(at.tuf(''), { method: 'POST' });
    const right = (Action: string) => ({ Type: 'repository', Class: '', Name: at.gun, Action });
    expect(answer.text).toBe(
      errorBody('UNAUTHORIZED', 'authentication required', [right('push'), right('pull')]),
    );
  });

  it('lets in who has the rights', async () => {
    const at = await protectedScene();
    const token = await bearer(at.gun, ['pull', 'push'], at.sim.nowMs);
    const headers = { authorization: `Bearer ${token}` };
    expect((await at.ask(at.tuf('timestamp.key'), { headers })).status).toBe(200);
    expect((await at.ask(at.tuf('root.json'), { headers })).status).toBe(404);
    expect((await at.ask(at.tuf(''), { method: 'DELETE', headers })).status).toBe(401);
    expect((await at.ask('/v2/other/_trust/tuf/root.json', { headers })).status).toBe(401);
  });

  it('does not start with a bundle that cannot be read', async () => {
    const auth = {
      realm: 'r',
      service: 's',
      issuer: 'i',
      bundleFile: join(dir, 'none'),
      isAutoRedirect: false,
    };
    await expect(start({ auth })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('TLS', () => {
  it('is served with the configured certificate', async () => {
    const certFile = await file('s.crt', tlsFixtures.server.cert);
    const keyFile = await file('s.key', tlsFixtures.server.key);
    const at = await start({ tls: { certFile, keyFile } });
    expect(at.server.url).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      const ca = tlsFixtures.authority.cert;
      request({ host: 'localhost', port: at.port, path: '/v2/', ca, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });

  it('does not start with a key that is not the certificate’s', async () => {
    const certFile = await file('s.crt', tlsFixtures.server.cert);
    const keyFile = await file('s.key', tlsFixtures.client.key);
    await expect(start({ tls: { certFile, keyFile } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

describe('health', () => {
  it('names the signer while it is away; the server serves all the same', async () => {
    const authorityFile = await file('ca.crt', tlsFixtures.authority.cert);
    const at = await start({
      trust: { type: 'remote', host: 'localhost', port: 1, algorithm: 'ecdsa', authorityFile },
      storage: { backend: 'sqlite', file: join(dir, 'data', 'server.db') },
    });
    await expect.poll(async () => (await at.ask('/_notary_server/health')).status).toBe(503);
    const { text } = await at.ask('/_notary_server/health');
    expect(JSON.parse(text)).toEqual({
      'Trust operational':
        'rpc error: code = Unavailable desc = the signing service did not answer',
    });
    expect((await at.ask(at.tuf('root.json'))).status).toBe(404);
    const key = await at.ask(at.tuf('timestamp.key'));
    expect([key.status, key.text]).toEqual([500, errorBody('UNKNOWN', 'unknown error', {})]);
  });
});

describe('an upload that cannot be signed because the signer is away', () => {
  it('is an error in the log, though the answer blames the upload as in Go', async () => {
    const written: string[] = [];
    const stream = { write: (line: string) => written.push(line) };
    const log = createLog({ level: 'error', service: 'test', stream });
    const trust = { type: 'remote', host: '127.0.0.1', port: 1, algorithm: 'ecdsa' } as const;
    scene = await HttpScene.start({ trust }, {}, log);
    expect((await scene.upload('root', 'targets')).status).toBe(400);
    expect((await scene.uploadParts([['root', '{}']])).status).toBe(400);
    const failed = written.map((line) => JSON.parse(line)).filter(({ operation }) => operation);
    expect(failed).toEqual([
      expect.objectContaining({ level: 'error', operation: 'UpdateTUF', status: 400 }),
    ]);
    expect(failed[0].error.message).toContain('the signing service did not answer');
  });
});

describe('a database that fails', () => {
  it('is a 500 without a word about why', async () => {
    const path = join(dir, 'server.db');
    const at = await start({ storage: { backend: 'sqlite', file: path } });
    await at.useServerKeys('snapshot', 'timestamp');
    const { default: Sqlite } = await import('better-sqlite3');
    const other = new Sqlite(path);
    other.exec('DROP TABLE changefeed');
    other.close();
    const upload = await at.upload('root', 'targets');
    expect([upload.status, upload.text]).toEqual([
      500,
      errorBody('UPDATING', 'An error has occurred while updating the TUF repository.'),
    ]);
    const changes = await at.ask('/v2/_trust/changefeed?records=1');
    expect([changes.status, changes.text]).toEqual([
      500,
      errorBody('UNKNOWN', 'unknown error', {}),
    ]);
    expect((await at.ask(at.tuf('root.json'))).status).toBe(404);
  });
});
