// Uploads in Go's bytes (HTTP API §3, §4): what is refused before anything is judged, and how the outcomes of
// the check are worded. The rules themselves are tested in release/.
import { afterEach, describe, expect, it } from 'vitest';
import {
  boundary,
  errorBody,
  form,
  formHeaders,
  HttpScene,
} from '../../../test/server/http-scene.ts';
import { SimulatedKey } from '../../../test/simulator/simulated-key.ts';

let scene: HttpScene;
afterEach(() => scene.close());

const invalid = (kind: string, error: unknown) =>
  errorBody('INVALID_UPDATE', 'Update sent by the client is invalid.', {
    Name: kind,
    Error: error,
  });

describe('a body that is not an upload', () => {
  it('is malformed', async () => {
    scene = await HttpScene.start();
    const bodies = [
      { headers: {}, body: '' },
      { headers: { 'content-type': 'application/json' }, body: '{}' },
      { headers: { 'content-type': 'multipart/form-data' }, body: '' },
      { headers: formHeaders, body: 'garbage' },
      { headers: formHeaders, body: `--${boundary}\r\n` },
    ];
    for (const options of bodies) {
      const answer = await scene.ask(scene.tuf(''), { method: 'POST', ...options });
      expect([answer.status, answer.text]).toEqual([
        400,
        errorBody('MALFORMED_UPLOAD', 'The body of your request is malformed.'),
      ]);
    }
  });

  it('is refused for what its parts are called', async () => {
    scene = await HttpScene.start();
    const unnamed = `--${boundary}\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--${boundary}--`;
    const answer = await scene.ask(scene.tuf(''), {
      method: 'POST',
      headers: formHeaders,
      body: unnamed,
    });
    expect(answer.text).toBe(errorBody('NO_FILENAME', 'No file/role name provided.'));
    expect((await scene.uploadParts([['.json', '{}']])).text).toBe(answer.text);
    for (const role of ['Foo', '/tmp/targets', 'targets/A', 'targets/../x', 'root ', '__proto__']) {
      expect((await scene.uploadParts([[role, '{}']])).text).toBe(
        errorBody('INVALID_ROLE', 'The role you are attempting to operate on is invalid.', role),
      );
    }
  });

  it('is refused when a part is not strict JSON', async () => {
    scene = await HttpScene.start();
    for (const text of ['', '{', '{"signed":', '{} {}', '{"a":1,"a":2}', '['.repeat(200)]) {
      const answer = await scene.uploadParts([['root', text]]);
      expect([answer.status, answer.text]).toEqual([
        400,
        errorBody('MALFORMED_JSON', 'JSON sent by the client could not be parsed by the server'),
      ]);
    }
  });
});

describe('an upload', () => {
  it('is answered 200 with nothing, and takes .json after a role', async () => {
    scene = await HttpScene.start();
    await scene.useServerKeys('snapshot', 'timestamp');
    const answer = await scene.uploadParts([
      ['targets.json', scene.sim.bytes('targets')],
      ['root.json', scene.sim.bytes('root')],
    ]);
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
      200,
      '',
      undefined,
    ]);
    expect((await scene.ask(scene.tuf('1.targets.json'))).status).toBe(200);
  });

  it('counts the last part of a role', async () => {
    scene = await HttpScene.start();
    await scene.useServerKeys('snapshot', 'timestamp');
    const answer = await scene.uploadParts([
      ['root', '{"signed":{}}'],
      ['root', scene.sim.bytes('root')],
      ['targets', scene.sim.bytes('targets')],
    ]);
    expect(answer.status).toBe(200);
  });

  it('is refused in the words of Go', async () => {
    scene = await HttpScene.start();
    const text = await scene.uploadParts([['targets', scene.sim.bytes('targets')]]);
    expect([text.status, text.text]).toEqual([
      400,
      invalid('ErrValidation', { Msg: 'no pre-existing root and no root provided in update.' }),
    ]);
    const missing = await scene.upload('root', 'targets');
    expect(missing.text).toBe(
      invalid('ErrBadHierarchy', {
        Missing: 'snapshot',
        Msg: 'no snapshot was included in update and server does not hold current snapshot key for repository',
      }),
    );
    const noTimestamp = await scene.upload('root', 'targets', 'snapshot');
    expect(noTimestamp.text).toBe(
      invalid('ErrBadRoot', { Msg: 'no  timestamp keys exist on the server' }),
    );
  });

  it('is refused with the first kilobyte holding the whole error, which is all that Go reads', async () => {
    scene = await HttpScene.published();
    scene.sim.delegate('targets/a');
    scene.sim.publishTargets('targets/a');
    const answer = await scene.upload('targets/a');
    expect(answer.body.length).toBeLessThan(1024);
    expect(JSON.parse(answer.text).errors).toHaveLength(1);
  });

  it('of what is already there is a version error', async () => {
    scene = await HttpScene.published();
    for (const role of ['root', 'targets'] as const) {
      const answer = await scene.upload(role);
      expect([answer.status, answer.text]).toEqual([
        400,
        errorBody('VERSION', 'A newer version of metadata is already available.', {}),
      ]);
    }
  });

  it('that leaps is refused', async () => {
    scene = await HttpScene.published();
    scene.sim.targets('targets').version = 3_000_000;
    scene.sim.signTargets();
    const answer = await scene.upload('targets');
    expect(answer.text).toContain('"Name":"ErrValidation"');
    expect(answer.text).toContain('leaps from version 1 to 3000000');
  });

  it('gives no detail when what is stored cannot be used', async () => {
    scene = await HttpScene.published();
    scene.sim.delegate('targets/a');
    scene.sim.publishTargets();
    scene.sim.publishTargets('targets/a');
    await scene.upload('targets', 'targets/a');
    scene.sim.setKeys('targets', [SimulatedKey.generate()]);
    scene.sim.publishRoot();
    scene.sim.publishTargets('targets/a');
    const answer = await scene.upload('root', 'targets/a');
    expect([answer.status, answer.text]).toEqual([
      400,
      errorBody('INVALID_UPDATE', 'Update sent by the client is invalid.'),
    ]);
  });

  it('that loses a race of many is a version error, and one of them wins', async () => {
    scene = await HttpScene.published();
    scene.sim.publishTargets();
    const answers = await Promise.all(Array.from({ length: 12 }, () => scene.upload('targets')));
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([200, ...Array.from({ length: 11 }, () => 400)]);
    const timestamp = await scene.ask(scene.tuf('timestamp.json'));
    expect(timestamp.text).toContain('"version":2}');
  });
});

describe('prefixes of repository names', () => {
  it('keep foreign repositories out, before anything else is looked at', async () => {
    scene = await HttpScene.start({ gunPrefixes: ['a/', 'ex/'] });
    const post = await scene.ask('/v2/zz/b/_trust/tuf/', { method: 'POST' });
    expect([post.status, post.text]).toEqual([
      400,
      errorBody(
        'INVALID_GUN',
        'The server does not support actions on images of this name.',
        'Require GUNs with prefix: [a/ ex/]',
      ),
    ]);
    const others = [
      ['GET', 'root.json'],
      ['GET', '1.root.json'],
      ['GET', 'timestamp.key'],
      ['POST', 'timestamp.key'],
      ['DELETE', ''],
    ] as const;
    for (const [method, name] of others) {
      const answer = await scene.ask(`/v2/zz/b/_trust/tuf/${name}`, { method });
      expect([answer.status, answer.text]).toEqual([
        404,
        errorBody('METADATA_NOT_FOUND', 'You have requested metadata that does not exist.'),
      ]);
    }
    expect((await scene.ask('/v2/a/b/_trust/tuf/timestamp.key')).status).toBe(200);
  });

  it('do not matter for names that no database can hold', async () => {
    scene = await HttpScene.start();
    const answer = await scene.ask(`/v2/${'x'.repeat(256)}/_trust/tuf/`, { method: 'POST' });
    expect([answer.status, JSON.parse(answer.text).errors[0].code]).toEqual([400, 'INVALID_GUN']);
  });
});

describe('limits of uploads', () => {
  it('refuse a body that is announced or grows too large', async () => {
    scene = await HttpScene.start({}, { uploadBytes: 10_000 });
    const body = form([['root', 'x'.repeat(20_000)]]);
    const announced = await scene.ask(scene.tuf(''), {
      method: 'POST',
      headers: { ...formHeaders, 'content-length': String(body.length) },
      body,
    });
    expect([announced.status, JSON.parse(announced.text).errors[0].code]).toEqual([
      413,
      'UPLOAD_TOO_LARGE',
    ]);
    const chunked = await scene.ask(scene.tuf(''), {
      method: 'POST',
      headers: { ...formHeaders, 'transfer-encoding': 'chunked' },
      body,
    });
    expect(chunked.status).toBe(413);
  });

  it('refuse more parts than any repository has roles', async () => {
    scene = await HttpScene.start({}, { uploadFiles: 10 });
    const parts = Array.from({ length: 11 }, (_, at) => [`targets/r${at}`, '{}'] as const);
    expect((await scene.uploadParts(parts)).status).toBe(413);
  });

  it('refuse a single file that is too large, by its role', async () => {
    scene = await HttpScene.start({}, { fileBytes: 100, smallFileBytes: 50 });
    const text = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`;
    const refused = async (...parts: readonly (readonly [string, string])[]) => {
      const answer = await scene.uploadParts(parts);
      return answer.status === 413 ? JSON.parse(answer.text).errors[0].detail : answer.status;
    };
    expect(await refused(['root', text(50)], ['targets', text(101)])).toBe('targets');
    expect(await refused(['root', text(51)], ['targets', text(100)])).toBe('root');
    expect(await refused(['snapshot', text(51)])).toBe('snapshot');
    expect(await refused(['root', text(50)], ['targets/a', text(100)])).toBe(400);
  });

  it('refuse work beyond the memory for all uploads, and give the memory back', async () => {
    scene = await HttpScene.start({}, { inFlightBytes: 100_000 });
    const large = await scene.uploadParts([['root', `"${'x'.repeat(60_000)}"`]]);
    expect([large.status, large.headers['retry-after']]).toEqual([503, '5']);
    for (let time = 0; time < 5; time += 1) {
      expect((await scene.uploadParts([['root', `"${'x'.repeat(40_000)}"`]])).status).toBe(400);
    }
  });
});
