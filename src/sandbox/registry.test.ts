import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpRequest, type HttpResponse } from '../remote/http.ts';
import { type SandboxRegistry, startRegistry } from './registry.ts';

const http = createHttpClient();
let registry: SandboxRegistry;
afterEach(() => registry.close());

const digestOf = (bytes: Buffer | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function send(
  method: HttpRequest['method'],
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<HttpResponse> {
  registry ??= await startRegistry();
  return http.send({
    method,
    url: new URL(path, registry.url),
    headers,
    ...(body === undefined ? {} : { body: [Buffer.from(body)] }),
    maxBytes: 1_000_000,
    plainHttp: true,
  });
}

async function fresh(): Promise<void> {
  registry = await startRegistry();
}

const errorOf = (response: HttpResponse): unknown =>
  (JSON.parse(response.body.toString()) as { errors: { code: string }[] }).errors[0]?.code;

describe('an upload', () => {
  it('in one request', async () => {
    await fresh();
    const done = await send('POST', `/v2/a/b/blobs/uploads/?digest=${digestOf('x')}`, 'x');
    expect(done.status).toBe(201);
    expect((await send('GET', `/v2/a/b/blobs/${digestOf('x')}`)).body.toString()).toBe('x');
  });

  it('begun, continued in pieces, and ended with the last', async () => {
    await fresh();
    const begun = await send('POST', '/v2/a/blobs/uploads/', '');
    expect(begun.status).toBe(202);
    const at = begun.headers.location ?? '';
    const first = await send('PATCH', at, 'one ');
    expect([first.status, first.headers.range]).toEqual([202, '0-3']);
    expect((await send('PATCH', at, 'two ')).headers.range).toBe('0-7');
    expect((await send('GET', at)).status).toBe(204);
    const done = await send('PUT', `${at}?digest=${digestOf('one two three')}`, 'three');
    expect([done.status, done.headers['docker-content-digest']]).toEqual([
      201,
      digestOf('one two three'),
    ]);
    expect(
      (await send('HEAD', `/v2/a/blobs/${digestOf('one two three')}`)).headers['content-length'],
    ).toBe('13');
    expect((await send('PATCH', at, 'more')).status).toBe(404);
  });

  it('with the wrong digest is not kept', async () => {
    await fresh();
    const begun = await send('POST', '/v2/a/blobs/uploads/', '');
    const done = await send('PUT', `${begun.headers.location}?digest=${digestOf('y')}`, 'x');
    expect([done.status, errorOf(done)]).toEqual([400, 'DIGEST_INVALID']);
    expect((await send('GET', `/v2/a/blobs/${digestOf('x')}`)).status).toBe(404);
  });

  it('is spared by mounting what is there, and begun when it is not', async () => {
    await fresh();
    await send('POST', `/v2/a/blobs/uploads/?digest=${digestOf('x')}`, 'x');
    expect(
      (await send('POST', `/v2/b/blobs/uploads/?mount=${digestOf('x')}&from=a`, '')).status,
    ).toBe(201);
    expect(
      (await send('POST', `/v2/b/blobs/uploads/?mount=${digestOf('y')}&from=a`, '')).status,
    ).toBe(202);
  });

  it('that is given up is forgotten', async () => {
    await fresh();
    const begun = await send('POST', '/v2/a/blobs/uploads/', '');
    const at = begun.headers.location ?? '';
    expect((await send('DELETE', at)).status).toBe(204);
    expect((await send('GET', at)).status).toBe(404);
  });
});

describe('a manifest', () => {
  const type = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };

  it('is found by its tag and by its digest, with its type', async () => {
    await fresh();
    const put = await send('PUT', '/v2/a/manifests/1.0', '{}', type);
    expect([put.status, put.headers['docker-content-digest']]).toEqual([201, digestOf('{}')]);
    for (const name of ['1.0', digestOf('{}')]) {
      const got = await send('GET', `/v2/a/manifests/${name}`);
      expect(got.body.toString()).toBe('{}');
      expect(got.headers).toMatchObject({ ...type, 'docker-content-digest': digestOf('{}') });
    }
  });

  it('belongs to its repository', async () => {
    await fresh();
    await send('PUT', '/v2/a/manifests/1.0', '{}', type);
    const other = await send('GET', `/v2/b/manifests/${digestOf('{}')}`);
    expect([other.status, errorOf(other)]).toEqual([404, 'MANIFEST_UNKNOWN']);
  });

  it('is refused under a digest that it does not have, and when it is too large', async () => {
    await fresh();
    const wrong = await send('PUT', `/v2/a/manifests/${digestOf('x')}`, '{}', type);
    expect(errorOf(wrong)).toBe('DIGEST_INVALID');
    const large = await send('PUT', '/v2/a/manifests/1', Buffer.alloc(4 * 1024 * 1024 + 1), type);
    expect(large.status).toBe(413);
  });
});

it('lists tags and repositories', async () => {
  await fresh();
  await send('PUT', '/v2/a/b/manifests/2', '{}');
  await send('PUT', '/v2/a/b/manifests/1', '{}');
  expect(JSON.parse((await send('GET', '/v2/a/b/tags/list')).body.toString())).toEqual({
    name: 'a/b',
    tags: ['1', '2'],
  });
  expect(JSON.parse((await send('GET', '/v2/_catalog')).body.toString())).toEqual({
    repositories: ['a/b'],
  });
  expect(errorOf(await send('GET', '/v2/none/tags/list'))).toBe('NAME_UNKNOWN');
});

it.each([
  ['GET', '/', 404],
  ['GET', '/v2/', 200],
  ['GET', '/v2/A/tags/list', 400],
  ['GET', '/v2/a/tags/other', 405],
  ['POST', '/v2/a/manifests/1', 405],
  ['DELETE', '/v2/a/manifests/1', 405],
  ['GET', '/v2/%ZZ/tags/list', 500],
] as const)('%s %s is answered with %i', async (method, path, status) => {
  await fresh();
  const response = await send(method, path, method === 'POST' ? '' : undefined);
  expect(response.status).toBe(status);
  expect(response.headers['docker-distribution-api-version']).toBe('registry/2.0');
});

describe('tampering', () => {
  it('gives out other bytes under the old digest, and keeps an honest record beside', async () => {
    await fresh();
    await send('PUT', '/v2/a/manifests/1', '{}');
    await send('POST', `/v2/a/blobs/uploads/?digest=${digestOf('x')}`, 'x');
    registry.content.replaceManifest('a', '1', Buffer.from('{"evil":1}'));
    registry.content.replaceBlob(digestOf('x'), Buffer.from('y'));
    const manifest = await send('GET', `/v2/a/manifests/${digestOf('{}')}`);
    expect(manifest.body.toString()).toBe('{"evil":1}');
    expect(manifest.headers['docker-content-digest']).toBe(digestOf('{}'));
    expect((await send('GET', `/v2/a/blobs/${digestOf('x')}`)).body.toString()).toBe('y');
  });

  it('moves a tag to another manifest', async () => {
    await fresh();
    await send('PUT', '/v2/a/manifests/1', '{}');
    const digest = registry.content.moveTag('a', '1', Buffer.from('{"evil":1}'));
    expect((await send('GET', '/v2/a/manifests/1')).headers['docker-content-digest']).toBe(digest);
    expect((await send('GET', `/v2/a/manifests/${digestOf('{}')}`)).body.toString()).toBe('{}');
  });

  it('of what is not there is an error of the story', async () => {
    await fresh();
    expect(() => registry.content.replaceBlob('sha256:x', Buffer.from(''))).toThrow('no blob');
    expect(() => registry.content.moveTag('a', '1', Buffer.from(''))).toThrow('no a:1');
  });
});
