// A server under clients that send anything: uploads with faults in their form, in their files and in what is signed
// with the right keys; requests whose lines, headers and tokens are mutated. It never answers with a failure of its
// own, holds a bounded memory, serves an honest client meanwhile, and what it took an honest client can read.
//
// Runs are seeded: test/fuzz/settings.ts says how to make them long, and others.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/daemon/log.ts';
import { fingerprint } from '../../src/server/auth/token-keys.ts';
import type { ServerConfig } from '../../src/server/config.ts';
import type { RoleName, TargetsRole } from '../../src/tuf/role.ts';
import { TrustedSet } from '../../src/tuf/trusted-set.ts';
import { tlsFixtures } from '../daemon/tls-fixtures.ts';
import { mutatedBytes } from '../fuzz/mutated-bytes.ts';
import { mutatedJson, mutatedTree, textOf } from '../fuzz/mutated-json.ts';
import { holds, timeoutMs } from '../fuzz/settings.ts';
import { boundary, form, formHeaders, type HttpAnswer, HttpScene } from '../server/http-scene.ts';

let dir: string;
let bundleFile: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-server-fuzz-'));
  bundleFile = join(dir, 'bundle.crt');
  await writeFile(bundleFile, tlsFixtures.stranger.cert);
});
afterAll(() => rm(dir, { recursive: true }));

/** Bytes that tests, server and clients of this process may hold more at the end than at the beginning. */
const maxGrowthBytes = 300 * 1024 * 1024;

interface Watched {
  readonly scene: HttpScene;
  readonly said: () => string;
}

async function startWatched(config: Partial<ServerConfig>): Promise<Watched> {
  let text = '';
  const stream = { write: (line: string) => void (text += line) };
  const scene = await HttpScene.start(
    config,
    {},
    createLog({ level: 'info', service: 's', stream }),
  );
  return { scene, said: () => text };
}

function isWellSaid(said: string): void {
  expect(said).not.toMatch(/"level":"(error|fatal)"|"code":"INTERNAL"/);
}

/** What an honest client sees of the repository is whole and verifies. */
async function isReadable(scene: HttpScene): Promise<void> {
  const file = async (role: RoleName): Promise<Buffer> => {
    const answer = await scene.ask(scene.tuf(`${role}.json`));
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const set = TrustedSet.begin(await file('root'), {
    gun: scene.gun,
    nowMs: scene.sim.nowMs,
    isKnownRoot: false,
  });
  set.updateTimestamp(await file('timestamp'));
  set.updateSnapshot(await file('snapshot'));
  const roles: readonly TargetsRole[] = ['targets'];
  for (const role of roles) set.updateTargets(role, await file(role));
}

function isRefusedOrDone({ status, text }: HttpAnswer): void {
  expect([200, 301, 400, 401, 403, 404, 405, 408, 409, 411, 413, 415, 422, 431]).toContain(status);
  if (status !== 200 && text !== '') expect(text).not.toMatch(/\.ts:|node:|SqliteError|SQLITE/);
}

describe.each([
  ['memory', () => ({ backend: 'memory' }) as const],
  ['SQLite', () => ({ backend: 'sqlite', file: join(dir, 'server.db') }) as const],
])('uploads to a server with %s', (_, storageOf) => {
  let watched: Watched;
  let scene: HttpScene;
  let parts: readonly (readonly [string, Buffer])[];
  let residentBefore: number;
  beforeAll(async () => {
    watched = await startWatched({ storage: storageOf() });
    ({ scene } = watched);
    await scene.useServerKeys('snapshot', 'timestamp');
    const first = await scene.upload('root', 'targets');
    expect(first.status, first.text).toBe(200);
    residentBefore = process.memoryUsage().rss;
    scene.sim.tag('2.0');
    scene.sim.publishTargets();
    parts = (['root', 'targets'] as const).map((role) => [role, scene.sim.bytes(role)] as const);
  });
  afterAll(async () => {
    await isReadable(scene);
    expect(process.memoryUsage().rss - residentBefore).toBeLessThan(maxGrowthBytes);
    await scene.close();
    isWellSaid(watched.said());
  });

  async function upload(
    body: Buffer,
    headers: Readonly<Record<string, string>> = formHeaders,
  ): Promise<HttpAnswer | undefined> {
    // A server that refuses what is too long may cut the connection while more is sent.
    const answer = await scene
      .ask(scene.tuf(''), { method: 'POST', headers, body })
      .catch(() => undefined);
    if (answer === undefined) return undefined;
    isRefusedOrDone(answer);
    if (answer.status === 200) await isReadable(scene);
    return answer;
  }

  it(
    'whose form is mutated are refused or done',
    () =>
      holds(
        60,
        fc.constant(0).chain(() => mutatedBytes([form(parts)])),
        upload,
      ),
    timeoutMs(60),
  );

  it(
    'whose headers are mutated are refused or done',
    () => {
      const type = fc.constantFrom(
        '',
        'multipart/form-data',
        'multipart/form-data; boundary=',
        'text/plain',
        `multipart/form-data; boundary="${boundary}`,
        `multipart/mixed; boundary=${boundary}`,
        `multipart/form-data; boundary=${'b'.repeat(7000)}`,
        `multipart/form-data; boundary=${boundary}; boundary=other`,
      );
      const other = fc.constantFrom<Record<string, string>>(
        {},
        { 'content-encoding': 'gzip' },
        { 'transfer-encoding': 'chunked' },
        { expect: '100-continue' },
        { 'content-md5': 'x' },
      );
      return holds(40, fc.tuple(type, other), ([contentType, more]) =>
        upload(form(parts), { 'content-type': contentType, ...more }),
      );
    },
    timeoutMs(40),
  );

  it(
    'with mutated names and files are refused or done',
    () => {
      const name = fc.constantFrom(
        'root',
        'targets',
        'targets/a',
        'snapshot',
        'timestamp',
        '',
        '..',
        'targets/../root',
        '__proto__',
        'x'.repeat(3000),
        'targets/\u0000',
        'targets/a/b/c/d/e/f',
        'targets//a',
      );
      const content = fc.constant(0).chain(() =>
        fc.oneof(
          mutatedJson(parts.map(([, bytes]) => JSON.parse(bytes.toString()))),
          mutatedBytes(
            parts.map(([, bytes]) => bytes),
            2,
          ),
        ),
      );
      const files = fc.array(fc.tuple(name, content), { minLength: 1, maxLength: 4 });
      return holds(60, files, (made) => upload(form(made)));
    },
    timeoutMs(60),
  );

  it(
    'that say odd things under the right signature are refused, or can be read by clients',
    () => {
      const versionMark = 77_777;
      const role = fc.constantFrom('targets', 'root' as const);
      const signed = role.chain((which) => {
        const { signed: said } = JSON.parse(scene.sim.bytes(which).toString());
        return fc.tuple(fc.constant(which), mutatedTree([{ ...said, version: versionMark }]));
      });
      let taken = 0;
      const made = holds(50, signed, async ([which, tree]) => {
        const { text } = await scene.ask(scene.tuf(`${which}.json`));
        const next = JSON.parse(text).signed.version + 1;
        const said = textOf(tree).replaceAll(String(versionMark), String(next));
        const signatures = (scene.sim.signers.get(which) ?? []).map((key) => {
          const { keyId, method, sig } = key.sign(Buffer.from(said));
          return { keyid: keyId, method, sig: sig.toString('base64') };
        });
        const file = `{"signed":${said},"signatures":${JSON.stringify(signatures)}}`;
        const answer = await upload(form([[which, Buffer.from(file)]]));
        if (answer?.status === 200) taken += 1;
      });
      // Otherwise nothing but the signature would have been looked at.
      return made.then(() => expect(taken).toBeGreaterThan(0));
    },
    timeoutMs(50),
  );

  it('larger than an upload may be is refused, and not held', async () => {
    const answer = await scene
      .uploadParts([['targets', Buffer.alloc(70 * 1024 * 1024, ' ')]])
      .catch(() => undefined);
    if (answer !== undefined) expect(answer.status).toBe(413);
  });
});

describe('requests of any kind', () => {
  let watched: Watched;
  let scene: HttpScene;
  let token: string;
  beforeAll(async () => {
    const options = { realm: 'https://auth/token', service: 'notary', issuer: 'auth' };
    watched = await startWatched({ auth: { ...options, bundleFile, isAutoRedirect: true } });
    ({ scene } = watched);
    token = await new SignJWT({
      iss: 'auth',
      aud: 'notary',
      access: [{ type: 'repository', name: scene.gun, actions: ['*', 'push', 'pull'] }],
      exp: scene.sim.nowMs / 1000 + 60,
    })
      .setProtectedHeader({
        alg: 'ES256',
        kid: fingerprint(new X509Certificate(tlsFixtures.stranger.cert).publicKey),
      })
      .sign(createPrivateKey(tlsFixtures.stranger.key));
  });
  afterAll(async () => {
    const answer = await scene.ask('/v2/', { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(401); // it is not for the catalogue
    await scene.close();
    isWellSaid(watched.said());
  });

  /** Everything that is answered to `bytes` until the server closes. */
  function answerTo(bytes: Uint8Array): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(scene.port, '127.0.0.1');
      let text = '';
      const idle = setTimeout(() => socket.destroy(), 400);
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(idle);
        resolve(text);
      });
      socket.end(bytes);
    });
  }

  function isNoFailure(answer: string): void {
    for (const [, status] of answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)) {
      expect(Number(status)).toBeLessThan(500);
    }
    expect(answer).not.toMatch(/\.ts:|node:internal/);
  }

  it(
    'with mutated lines, headers and tokens are answered or dropped',
    () => {
      const sum = 'a'.repeat(64);
      const originals = fc.constant(0).chain(() => {
        const paths = [
          scene.tuf('root.json'),
          scene.tuf('timestamp.key'),
          scene.tuf(`targets.${sum}.json`),
          scene.tuf('3.targets/a.json'),
          scene.tuf(''),
          '/v2/',
          '/v2/_trust/changefeed?records=5&change_id=-1',
          '/metrics',
          '/_notary_server/health',
          `/v2/${scene.gun}/_trust/changefeed`,
        ];
        const requests = ['GET', 'POST', 'DELETE', 'HEAD'].flatMap((method) =>
          paths.map((path) =>
            Buffer.from(
              `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
                'If-None-Match: "x"\r\nConnection: close\r\n\r\n',
            ),
          ),
        );
        return fc.oneof({ weight: 5, arbitrary: mutatedBytes(requests, 3) }, fc.uint8Array());
      });
      return holds(25, fc.array(originals, { minLength: 8, maxLength: 8 }), async (requests) => {
        for (const answer of await Promise.all(requests.map(answerTo))) isNoFailure(answer);
      });
    },
    timeoutMs(25),
  );

  it(
    'with paths of every kind are answered',
    () => {
      const segment = fc.oneof(
        fc.constantFrom(
          'v2',
          '_trust',
          'tuf',
          'root.json',
          '..',
          '.',
          '',
          '%00',
          '%2e%2e',
          '%',
          '%ff',
        ),
        fc.string({ unit: 'binary-ascii', maxLength: 12 }).map(encodeURIComponent),
        fc.constantFrom(
          '_trust/tuf',
          'a'.repeat(2000),
          'targets.json',
          'changefeed?change_id=1e99',
        ),
      );
      const path = fc.array(segment, { maxLength: 9 }).map((segments) => `/${segments.join('/')}`);
      return holds(
        100,
        fc.tuple(path, fc.constantFrom('GET', 'POST', 'DELETE')),
        async ([to, method]) => {
          const headers = { authorization: `Bearer ${token}` };
          isRefusedOrDone(await scene.ask(to, { method, headers }));
        },
      );
    },
    timeoutMs(100),
  );

  it(
    'with tokens that are mutated in their parts are refused',
    () => {
      const mutatedToken = fc.constant(0).chain(() => {
        const [head = '', claims = '', signature = ''] = token.split('.');
        const parsed = [head, claims].map((part) =>
          JSON.parse(Buffer.from(part, 'base64url').toString()),
        );
        const encode = (text: string): string => Buffer.from(text).toString('base64url');
        return fc
          .tuple(mutatedTree([parsed[0]]), mutatedTree([parsed[1]]))
          .map(([newHead, newClaims]) =>
            [encode(textOf(newHead)), encode(textOf(newClaims)), signature].join('.'),
          )
          .filter((made) => made !== token && made.length < 12_000);
      });
      return holds(60, mutatedToken, async (bad) => {
        const headers = { authorization: `Bearer ${bad}` };
        const answer = await scene.ask(scene.tuf('root.json'), { headers });
        expect(answer.status, answer.text).toBe(401);
      });
    },
    timeoutMs(60),
  );
});
