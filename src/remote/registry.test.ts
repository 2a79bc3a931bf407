import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  answer,
  authority,
  closeServers,
  httpServer,
  httpsServer,
  testClient,
  unusedPort,
} from '../../test/remote/local-servers.ts';
import { type SandboxRegistry, startRegistry } from '../sandbox/registry.ts';
import { anonymous } from './credentials.ts';
import { connectRegistry, parseReference, type Registry } from './registry.ts';

const running: SandboxRegistry[] = [];
afterEach(async () => {
  closeServers();
  for (const registry of running.splice(0)) await registry.close();
});

const type = 'application/vnd.oci.image.manifest.v1+json';
const manifestOf = (note: string): Buffer =>
  Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: type, layers: [], annotations: { note } }),
  );
const digestOf = (bytes: Buffer, algorithm = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

const client = (plainHosts: readonly string[] = []): Registry =>
  connectRegistry({ http: testClient(), credentials: anonymous, plainHosts });

async function sandbox(tls = false): Promise<SandboxRegistry> {
  const registry = await startRegistry(tls ? { tls: authority.issue() } : {});
  running.push(registry);
  return registry;
}

describe('push and pull', () => {
  it.each([false, true])('of a manifest and a blob, over TLS: %s', async (tls) => {
    const { host } = await sandbox(tls);
    const registry = client();
    const reference = parseReference(`${host}/team/app:1.0`);
    const layer = Buffer.from('a layer');
    const digest = await registry.pushBlob(reference, layer);
    const bytes = manifestOf('one');
    const pushed = await registry.pushManifest(reference, type, bytes);
    expect(pushed).toEqual({
      digest: digestOf(bytes),
      mediaType: type,
      size: bytes.length,
      platforms: 0,
    });
    expect(await registry.resolve(reference)).toEqual(pushed);
    expect((await registry.manifest({ ...reference, digest: pushed.digest })).bytes).toEqual(bytes);
    expect(await registry.blob(reference, { digest, size: layer.length })).toEqual(layer);
  });

  it('takes the tag latest when none is named', async () => {
    const { host } = await sandbox();
    const registry = client();
    await registry.pushManifest(parseReference(`${host}/a:latest`), type, manifestOf('l'));
    expect((await registry.resolve(parseReference(`${host}/a`))).digest).toBe(
      digestOf(manifestOf('l')),
    );
  });

  it('of a digest by another algorithm is verified by that algorithm', async () => {
    const bytes = manifestOf('x');
    const origin = await httpServer((_request, response) =>
      answer(response, 200, bytes, { 'content-type': type }),
    );
    const at = (digest: string): ReturnType<Registry['resolve']> =>
      client().resolve(parseReference(`${new URL(origin).host}/a@${digest}`));
    expect((await at(digestOf(bytes, 'sha512'))).digest).toBe(digestOf(bytes));
    await expect(at(digestOf(Buffer.from('y'), 'sha512'))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });
});

describe('tampering in the registry', () => {
  it('with a manifest is found by its digest', async () => {
    const { host, content } = await sandbox();
    const registry = client();
    const reference = parseReference(`${host}/team/app:1.0`);
    const { digest } = await registry.pushManifest(reference, type, manifestOf('good'));
    content.replaceManifest('team/app', '1.0', manifestOf('evil'));
    const failure = registry.resolve({ ...reference, digest });
    await expect(failure).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      facts: { asked: digest },
    });
    await expect(registry.resolve(reference)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      facts: { stated: digest, got: digestOf(manifestOf('evil')) },
    });
  });

  it('with a tag gives the digest of what it names now', async () => {
    const { host, content } = await sandbox();
    const registry = client();
    const reference = parseReference(`${host}/team/app:1.0`);
    const { digest } = await registry.pushManifest(reference, type, manifestOf('good'));
    const moved = content.moveTag('team/app', '1.0', manifestOf('evil'));
    expect((await registry.resolve(reference)).digest).toBe(moved);
    expect((await registry.resolve({ ...reference, digest })).digest).toBe(digest);
  });

  it.each([
    ['other bytes of the same length', 'evil layer'],
    ['fewer bytes', 'evil'],
  ])('with a blob is found: %s', async (_what, text) => {
    const { host, content } = await sandbox();
    const registry = client();
    const reference = parseReference(`${host}/a`);
    const digest = await registry.pushBlob(reference, Buffer.from('good layer'));
    content.replaceBlob(digest, Buffer.from(text));
    await expect(registry.blob(reference, { digest, size: 10 })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });

  it('with more bytes than were signed is found before they are read', async () => {
    const { host, content } = await sandbox();
    const registry = client();
    const reference = parseReference(`${host}/a`);
    const digest = await registry.pushBlob(reference, Buffer.from('good'));
    content.replaceBlob(digest, Buffer.alloc(1_000_000));
    await expect(registry.blob(reference, { digest, size: 4 })).rejects.toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
    });
  });
});

describe('what is not there', () => {
  it('is named: tag, digest, blob', async () => {
    const { host } = await sandbox();
    const registry = client();
    await registry.pushManifest(parseReference(`${host}/a:1`), type, manifestOf('x'));
    const digest = digestOf(Buffer.from('none'));
    const tag = registry.resolve(parseReference(`${host}/a:2`));
    await expect(tag).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: `${host}/a has no tag 2`,
    });
    const byDigest = registry.resolve(parseReference(`${host}/a@${digest}`));
    await expect(byDigest).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(byDigest).rejects.toThrow(digest);
    const blob = registry.blob(parseReference(`${host}/a`), { digest, size: 1 });
    await expect(blob).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  it('as a whole repository is named', async () => {
    const body =
      '{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}';
    const origin = await httpServer((_request, response) => answer(response, 404, body));
    const failure = client().resolve(parseReference(`${new URL(origin).host}/team/app:1`));
    await expect(failure).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(failure).rejects.toThrow('has no repository team/app');
  });
});

describe('an answer that is none', () => {
  const good = { 'content-type': type };
  it.each<readonly [string, [number, (string | Buffer)?, Record<string, string>?], string]>([
    ['a web page', [200, '<html>'], 'NOT_A_TRUST_SERVER'],
    ['a web page that says 404', [404, '<html>'], 'NOT_A_TRUST_SERVER'],
    ['a manifest of no type', [200, manifestOf('x')], 'MANIFEST_INVALID'],
    ['garbage', [200, 'x', good], 'MANIFEST_INVALID'],
    ['too much', [200, Buffer.alloc(5_000_000, 32), good], 'RESPONSE_TOO_LARGE'],
    [
      'a digest that is none',
      [200, manifestOf('x'), { ...good, 'docker-content-digest': 'x' }],
      'DIGEST_MISMATCH',
    ],
    ['401', [401, ''], 'UNAUTHORIZED'],
    ['403', [403, '{"errors":[{"code":"DENIED","message":"no"}]}'], 'FORBIDDEN'],
    ['429', [429, ''], 'RATE_LIMITED'],
    ['500', [500, ''], 'SERVER_ERROR'],
    ['206', [206, manifestOf('x'), good], 'SERVER_ERROR'],
  ])('is one coded failure: %s', async (_what, reply, code) => {
    const origin = await httpServer((_request, response) => answer(response, ...reply));
    const failure = client().resolve(parseReference(`${new URL(origin).host}/a:1`));
    await expect(failure).rejects.toMatchObject({ code });
  });

  it('to an upload is not reported done', async () => {
    const elsewhere = await httpServer((_request, response) => answer(response, 201));
    for (const [status, headers] of [
      [202, { location: `${elsewhere}/upload` }],
      [202, {}],
      [200, {}],
    ] as const) {
      const origin = await httpServer((_request, response) =>
        answer(response, status, '', headers),
      );
      const reference = parseReference(`${new URL(origin).host}/a:1`);
      await expect(client().pushBlob(reference, Buffer.from('x'))).rejects.toMatchObject({
        code: 'SERVER_ERROR',
      });
      await expect(client().pushManifest(reference, type, manifestOf('x'))).rejects.toMatchObject({
        code: 'SERVER_ERROR',
      });
    }
  });

  it('to a pushed manifest with another digest is refused', async () => {
    const headers = { 'docker-content-digest': digestOf(Buffer.from('other')) };
    const origin = await httpServer((_request, response) => answer(response, 201, '', headers));
    const reference = parseReference(`${new URL(origin).host}/a:1`);
    await expect(client().pushManifest(reference, type, manifestOf('x'))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });
});

describe('plain http', () => {
  it('is spoken to loopback when it does not speak TLS, and found out once', async () => {
    const seen: string[] = [];
    const origin = await httpServer((request, response) => {
      seen.push(request.url ?? '');
      answer(response, 200, manifestOf('x'), { 'content-type': type });
    });
    const registry = client();
    const reference = parseReference(`${new URL(origin).host}/a:1`);
    await Promise.all([registry.resolve(reference), registry.resolve(reference)]);
    expect(seen).toEqual(['/v2/', '/v2/a/manifests/1', '/v2/a/manifests/1']);
  });

  it('is not what a loopback registry with a bad certificate is reduced to', async () => {
    const identity = authority.issue({ names: ['other.example.com'] });
    const origin = await httpsServer((_request, response) => answer(response, 200), identity);
    const failure = client().resolve(parseReference(`${new URL(origin).host}/a:1`));
    await expect(failure).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  it('is spoken to another host only when the caller names it', async () => {
    const port = await unusedPort();
    const host = `registry.invalid:${port}`;
    const reference = parseReference(`${host}/a:1`);
    await expect(client().resolve(reference)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(client([host]).resolve(reference)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('fails as unreachable when nobody listens', async () => {
    const reference = parseReference(`localhost:${await unusedPort()}/a:1`);
    await expect(client().resolve(reference)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

it('asks for the scope of the path without the host, and sends a login once it knows', async () => {
  const scopes: string[] = [];
  const service = await httpsServer((request, response) => {
    scopes.push(new URL(`https://x${request.url}`).searchParams.get('scope') ?? '');
    answer(response, 200, '{"token":"t"}');
  });
  const origin = await httpsServer((request, response) => {
    if (request.headers.authorization !== 'Bearer t') {
      return answer(response, 401, '', {
        'www-authenticate': `Bearer realm="${service}/t",service="r"`,
      });
    }
    return request.method === 'PUT'
      ? answer(response, 201)
      : answer(response, 200, manifestOf('x'), { 'content-type': type });
  });
  const registry = client();
  const reference = parseReference(`${new URL(origin).host}/team/app:1`);
  await registry.resolve(reference);
  await registry.pushManifest(reference, type, manifestOf('x'));
  expect(scopes).toEqual(['repository:team/app:pull', 'repository:team/app:pull,push']);
});
