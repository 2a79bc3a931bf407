import { describe, expect, it } from 'vitest';
import { type PushedManifest, type PushProgress, PushStream } from './engine-push.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const aux = (Tag: string, Digest: string, Size: number) => ({
  progressDetail: {},
  aux: { Tag, Digest, Size },
});
const line = (tag: string, of: string, size: number) => ({
  status: `${tag}: digest: ${of} size: ${size}`,
});
const instead = (of: string, size: number) => ({
  aux: {
    ManifestPushedInsteadOfIndex: true,
    OriginalIndex: {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: other,
      size: 856,
    },
    SelectedManifest: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: of, size },
  },
});

function pushed(
  messages: readonly (object | string)[],
  listener: (progress: PushProgress) => void = () => {},
): PushedManifest {
  const stream = new PushStream('v1', listener, ['hunter22']);
  for (const message of messages) {
    stream.take(
      Buffer.from(`${typeof message === 'string' ? message : JSON.stringify(message)}\r\n`),
    );
  }
  return stream.result();
}

describe('what was pushed', () => {
  it('is what the classic store says, in a line and in aux', () => {
    const messages = [
      { status: 'The push refers to repository [registry.test/app]' },
      { status: 'Pushed', progressDetail: {}, id: '5f70bf18a086' },
      line('v1', digest, 418),
      aux('v1', digest, 418),
    ];
    expect(pushed(messages)).toEqual({ digest, size: 418 });
  });

  it('is what the containerd store says, which has no aux about it', () => {
    expect(pushed([line('v1', digest, 856)])).toEqual({ digest, size: 856 });
  });

  it('is the manifest that went up in place of an index', () => {
    expect(pushed([instead(digest, 418), line('v1', digest, 418)])).toEqual({ digest, size: 418 });
  });

  it('is not learned from aux values about other things, however many', () => {
    const messages = [
      { aux: { ContentMissing: true } },
      { aux: { ID: digest } },
      { aux: null },
      { aux: [] },
      aux('v2', other, 7),
      aux('v1', digest, 418),
    ];
    expect(pushed(messages)).toEqual({ digest, size: 418 });
  });

  it('is unclear when nothing says it', () => {
    for (const messages of [
      [],
      [{ status: 'Pushed' }],
      [line('v2', digest, 1)],
      [aux('v2', digest, 1)],
    ]) {
      expect(() => pushed(messages)).toThrow(expect.objectContaining({ code: 'PUSH_UNCLEAR' }));
    }
  });

  it.each([
    ['two aux values', [aux('v1', digest, 418), aux('v1', other, 418)]],
    ['two sizes', [aux('v1', digest, 418), aux('v1', digest, 419)]],
    ['line and aux', [line('v1', other, 418), aux('v1', digest, 418)]],
    ['another manifest in place of the index', [instead(other, 418), line('v1', digest, 418)]],
  ])('is unclear when two things are said: %s', (_how, messages) => {
    expect(() => pushed(messages)).toThrow(
      expect.objectContaining({
        code: 'PUSH_UNCLEAR',
        facts: expect.objectContaining({ other: expect.any(String) }),
      }),
    );
  });

  it('is not learned from the line of a layer, which a registry could name', () => {
    const message = { id: 'layer', ...line('v1', digest, 418) };
    expect(() => pushed([message])).toThrow(expect.objectContaining({ code: 'PUSH_UNCLEAR' }));
  });

  it.each([
    ['a digest of another kind', aux('v1', `sha512:${'a'.repeat(128)}`, 418)],
    ['capital digits', aux('v1', `sha256:${'A'.repeat(64)}`, 418)],
    ['no size', { aux: { Tag: 'v1', Digest: digest } }],
    ['a negative size', aux('v1', digest, -1)],
    ['a size of nothing', aux('v1', digest, 0)],
    ['half a byte', aux('v1', digest, 1.5)],
  ])('is refused with %s', (_how, message) => {
    expect(() => pushed([message])).toThrow(expect.objectContaining({ code: 'SERVER_ERROR' }));
  });
});

describe('a push that failed', () => {
  it('fails with the words of the engine', () => {
    const messages = [
      line('v1', digest, 1),
      { errorDetail: { message: 'denied: access' }, error: 'denied: access' },
    ];
    expect(() => pushed(messages)).toThrow(
      expect.objectContaining({ code: 'PUSH_FAILED', message: 'denied: access' }),
    );
  });

  it('fails also when it names an image afterwards', () => {
    const messages = [{ error: 'old form' }, aux('v1', digest, 418)];
    expect(() => pushed(messages)).toThrow(
      expect.objectContaining({ code: 'PUSH_FAILED', message: 'old form' }),
    );
  });

  it('fails without words too', () => {
    expect(() => pushed([{ errorDetail: {} }])).toThrow(
      expect.objectContaining({ code: 'PUSH_FAILED', message: 'the push failed' }),
    );
  });

  it('does not repeat the login, nor move the cursor', () => {
    expect(() => pushed([{ error: 'refused erin:hunter22' }])).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter22') }),
    );
    expect(() => pushed([{ error: 'a\u001b[2Jb' }])).toThrow('a\\u{1b}[2Jb');
  });
});

describe('the stream of a push', () => {
  it('may be cut anywhere', () => {
    const text = `${JSON.stringify(line('v1', digest, 418))}\r\n\r\n${JSON.stringify(aux('v1', digest, 418))}`;
    for (let cut = 0; cut <= text.length; cut += 7) {
      const stream = new PushStream('v1', () => undefined, []);
      stream.take(Buffer.from(text.slice(0, cut)));
      stream.take(Buffer.from(text.slice(cut)));
      expect(stream.result()).toEqual({ digest, size: 418 });
    }
  });

  it('tells how it goes, escaped', () => {
    const heard: PushProgress[] = [];
    const messages = [
      { status: 'Pushing', id: 'abc', progressDetail: { current: 5, total: 10 }, progress: '[=>]' },
      { status: 'x\u202ey', id: 'a\u001bb' },
      line('v1', digest, 418),
    ];
    pushed(messages, (progress) => heard.push(progress));
    expect(heard.slice(0, 2)).toEqual([
      { id: 'abc', status: 'Pushing', current: 5, total: 10 },
      { id: 'a\\u{1b}b', status: 'x\\u{202e}y', current: undefined, total: undefined },
    ]);
  });

  it.each(['<html>', '[]', '"x"', '{"status":"a","status":"b"}', '{'])(
    'that is no such JSON is refused: %s',
    (text) => {
      expect(() => pushed([text])).toThrow(expect.objectContaining({ code: 'SERVER_ERROR' }));
    },
  );

  it('with an endless line is given up', () => {
    const stream = new PushStream('v1', () => undefined, []);
    const piece = Buffer.alloc(300 * 1024, 0x20);
    expect(() => {
      for (let count = 0; count < 4; count += 1) stream.take(piece);
    }).toThrow(expect.objectContaining({ code: 'RESPONSE_TOO_LARGE' }));
  });
});
