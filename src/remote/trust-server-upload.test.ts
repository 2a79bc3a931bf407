import { Busboy } from '@fastify/busboy';
import { afterEach, describe, expect, it } from 'vitest';
import { closeServers } from '../../test/remote/local-servers.ts';
import {
  type Asked,
  always,
  bodyForError,
  gun,
  page,
  type Reply,
  serving,
} from '../../test/remote/trust-server.ts';
import type { RoleName } from '../tuf/role.ts';

afterEach(closeServers);

const files = new Map<RoleName, Buffer>([
  ['root', Buffer.from('{"signed":{"version":1}}')],
  ['targets/releases', Buffer.from('{"signed":{"version":7}}\r\n\r\n')],
]);

describe('publish', () => {
  interface Part {
    readonly field: string;
    readonly role: string;
    readonly type: string;
    readonly bytes: Buffer;
  }

  /** The form as an independent reader of multipart sees it. */
  async function partsOf({ headers, body }: Asked): Promise<Part[]> {
    const parts: Part[] = [];
    const reader = new Busboy({
      headers: { 'content-type': headers['content-type'] ?? '' },
      preservePath: true,
    });
    reader.on('file', (field, stream, role, _encoding, type) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => parts.push({ field, role, type, bytes: Buffer.concat(pieces) }));
    });
    await new Promise((resolve, reject) => {
      reader
        .on('finish', () => resolve(undefined))
        .on('error', reject)
        .end(body);
    });
    return parts;
  }

  it('sends the files as they are, in order, in the form of Go', async () => {
    const [server, seen] = await always(200);
    await server.publish(gun, files);
    const upload = seen.at(-1)!;
    expect(upload.line).toBe(`POST /v2/${gun}/_trust/tuf/`);
    expect(await partsOf(upload)).toEqual([
      { field: 'files', role: 'root', type: 'application/octet-stream', bytes: files.get('root') },
      {
        field: 'files',
        role: 'targets/releases',
        type: 'application/octet-stream',
        bytes: files.get('targets/releases'),
      },
    ]);
    const boundary = /^multipart\/form-data; boundary=([0-9a-f]{60})$/.exec(
      upload.headers['content-type'] ?? '',
    )?.[1];
    const head = (role: string): string =>
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${role}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
    expect(upload.body.toString()).toBe(
      `${head('root')}${String(files.get('root'))}\r\n${head('targets/releases')}${String(files.get('targets/releases'))}\r\n--${boundary}--\r\n`,
    );
  });

  it('of nothing is an empty form, as Go sends it', async () => {
    const [server, seen] = await always(200);
    await server.publish(gun, new Map());
    expect(seen.at(-1)?.body.toString()).toMatch(/^\r\n--[0-9a-f]{60}--\r\n$/);
  });

  it.each<readonly [string, Reply, string, string]>([
    ['VERSION', [400, bodyForError('VERSION', {})], 'VERSION_CONFLICT', 'meanwhile'],
    [
      'ErrBadRoot',
      [400, bodyForError('INVALID_UPDATE', { Name: 'ErrBadRoot', Error: { Msg: 'root expired' } })],
      'UPLOAD_REJECTED',
      'The root metadata is invalid: root expired',
    ],
    [
      'ErrBadHierarchy',
      [
        400,
        bodyForError('INVALID_UPDATE', {
          Name: 'ErrBadHierarchy',
          Error: { Missing: 'snapshot', Msg: 'm' },
        }),
      ],
      'UPLOAD_REJECTED',
      'Metadata hierarchy is incomplete: m',
    ],
    [
      'a kind that is not known',
      [400, bodyForError('INVALID_UPDATE', { Name: 'ErrNew', Error: { Msg: 'm' } })],
      'UPLOAD_REJECTED',
      'ErrNew: m',
    ],
    ['no detail', [400, bodyForError('INVALID_UPDATE')], 'UPLOAD_REJECTED', 'words of the server'],
    [
      'a detail of another form',
      [400, bodyForError('INVALID_UPDATE', { Name: 7 })],
      'UPLOAD_REJECTED',
      'words of the server',
    ],
    [
      'INVALID_GUN',
      [400, bodyForError('INVALID_GUN', 'Require GUNs with prefix: [a/]')],
      'UPLOAD_REJECTED',
      'words',
    ],
    ['413', [413, page], 'UPLOAD_REJECTED', 'larger than the server allows'],
    ['400 with a web page', [400, page], 'NOT_A_TRUST_SERVER', ''],
    ['400 with garbage', [400, '{"errors":'], 'SERVER_ERROR', ''],
    ['404', [404, bodyForError('METADATA_NOT_FOUND')], 'NOT_A_TRUST_SERVER', ''],
    ['200 with a web page', [200, page], 'NOT_A_TRUST_SERVER', ''],
    ['401', [401, ''], 'UNAUTHORIZED', ''],
    ['403', [403, ''], 'FORBIDDEN', ''],
    ['429', [429, ''], 'RATE_LIMITED', ''],
    ['503', [503, ''], 'SERVER_ERROR', ''],
    ['a redirect', [307, '', { location: '/elsewhere' }], 'SERVER_ERROR', ''],
  ])('that is answered with %s is not reported done', async (_what, reply, code, words) => {
    const [server] = await serving(({ line }) => (line.startsWith('GET') ? [200, '{}'] : reply));
    const failure = server.publish(gun, files);
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toMatchObject({ message: expect.stringContaining(words) });
  });

  it.each([
    'no snapshot was included in update and server does not hold current snapshot key for repository',
    'rpc error: code = NotFound desc = key 0123abcd not found',
  ])('explains that the snapshot key is elsewhere: %s', async (Msg) => {
    const body = bodyForError('INVALID_UPDATE', { Name: 'ErrValidation', Error: { Msg } });
    const [server] = await serving(({ line }) =>
      line.startsWith('GET') ? [200, '{}'] : [400, body],
    );
    await expect(server.publish(gun, files)).rejects.toMatchObject({
      meaning: expect.stringContaining('not with this server'),
    });
  });

  it('takes 500 UPDATING for a lost race only when another has that version', async () => {
    const rival = Buffer.from('{"signed":{"version":1},"rival":true}');
    const stored =
      (root: Buffer | undefined) =>
      ({ line }: Asked): Reply => {
        if (line.startsWith('POST')) return [500, bodyForError('UPDATING')];
        if (line.endsWith('/1.root.json') && root !== undefined) return [200, root];
        return line.endsWith('/v2/') ? [200, '{}'] : [404, ''];
      };
    const [lost] = await serving(stored(rival));
    await expect(lost.publish(gun, files)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    const [broken] = await serving(stored(undefined));
    await expect(broken.publish(gun, files)).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    const [own] = await serving(stored(files.get('root')));
    await expect(own.publish(gun, files)).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  });
});
