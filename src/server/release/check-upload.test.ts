import { describe, expect, it } from 'vitest';
import { Scene } from '../../../test/server/scene.ts';
import { sign } from '../../../test/simulator/repository.ts';
import { SimulatedKey } from '../../../test/simulator/simulated-key.ts';
import { Failure } from '../../errors.ts';
import { composeSnapshot, composeTargets } from '../../tuf/compose.ts';
import { expiryAt } from '../../tuf/expiry.ts';
import { fileMeta } from '../../tuf/file-meta.ts';
import { parseSnapshot, parseTimestamp } from '../../tuf/snapshot.ts';

/** What an upload that is refused looks like: kind and words. */
function refused(kind: string | undefined, message: string | RegExp) {
  return {
    code: 'UPLOAD_REJECTED',
    facts: kind === undefined ? {} : { kind },
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  };
}

const dayMs = 86_400_000;

describe('first upload', () => {
  it('is stored with a snapshot and a timestamp made here', async () => {
    const scene = await Scene.published();
    for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
      expect(await scene.version(role)).toBe(1);
    }
    const root = await scene.store.newest(scene.gun, 'root');
    expect(root?.bytes.equals(scene.sim.bytes('root'))).toBe(true);
    const snapshot = await scene.store.newest(scene.gun, 'snapshot');
    const listed = parseSnapshot(snapshot!.bytes).signed.meta;
    expect(listed.get('root')).toEqual(fileMeta(scene.sim.bytes('root')));
    expect(listed.get('targets')).toEqual(fileMeta(scene.sim.bytes('targets')));
    const timestamp = await scene.store.newest(scene.gun, 'timestamp');
    const named = parseTimestamp(timestamp!.bytes).signed.meta.get('snapshot');
    expect(named).toEqual(fileMeta(snapshot!.bytes));
  });

  it('may bring root 2, but no other beginning', async () => {
    const scene = new Scene();
    scene.sim.root.version = 2;
    scene.sim.signRoot();
    await scene.upload('root', 'targets');
    expect(await scene.version('root')).toBe(2);
    for (const version of [3, 7]) {
      const other = new Scene();
      other.sim.root.version = version;
      other.sim.signRoot();
      await expect(other.upload('root', 'targets')).rejects.toMatchObject(
        refused(
          'ErrBadRoot',
          `Root modifications must increment the version. Current 1, new ${version}`,
        ),
      );
    }
  });

  it('is refused without a root', async () => {
    await expect(new Scene().upload('targets')).rejects.toMatchObject(
      refused('ErrValidation', 'no pre-existing root and no root provided in update.'),
    );
    await expect(new Scene().upload()).rejects.toMatchObject(refused('ErrValidation', /no root/));
  });

  it('is refused without targets when the server makes the snapshot', async () => {
    await expect(new Scene().upload('root')).rejects.toMatchObject(
      refused('ErrValidation', 'targets must be loaded first'),
    );
  });

  it('is accepted without targets when the client brings the snapshot, as in Go', async () => {
    const scene = new Scene();
    await scene.upload('root', 'snapshot');
    expect(await scene.version('snapshot')).toBe(1);
    expect(await scene.version('targets')).toBeUndefined();
  });

  it('ignores a timestamp that the client sends', async () => {
    const scene = new Scene();
    await scene.upload('root', 'targets', 'timestamp');
    const stored = await scene.store.newest(scene.gun, 'timestamp');
    expect(stored?.bytes.equals(scene.sim.bytes('timestamp'))).toBe(false);
    await expect(
      scene.uploadBytes({ timestamp: Buffer.from('{"signed":'), targets: Buffer.from('{}') }),
    ).rejects.toMatchObject({ code: 'JSON_INVALID' });
  });
});

describe('an uploaded root', () => {
  it('is refused when its certificate is for another repository', async () => {
    const scene = new Scene();
    scene.sim.setKeys('root', [SimulatedKey.root('elsewhere', scene.sim.nowMs)]);
    scene.sim.signRoot();
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused(
        'ErrBadRoot',
        'could not validate the path to a trusted root: unable to retrieve valid leaf certificates',
      ),
    );
  });

  it('is refused when its own keys did not sign it', async () => {
    const scene = new Scene();
    scene.sim.signers.set('root', [SimulatedKey.root(scene.gun, scene.sim.nowMs)]);
    scene.sim.signRoot();
    scene.sim.signRoot();
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrBadRoot', /failed to validate integrity of roots/),
    );
  });

  it('is refused when it swaps the keys without the signature of the old ones', async () => {
    const scene = await Scene.published();
    const attacker = new Scene(undefined, scene.gun);
    attacker.sim.root.version = 2;
    attacker.sim.signRoot();
    await expect(scene.uploadBytes({ root: attacker.sim.bytes('root') })).rejects.toMatchObject(
      refused(
        'ErrBadRoot',
        'could not rotate trust to a new trusted root: failed to validate data with current trusted certificates',
      ),
    );
    expect(await scene.version('root')).toBe(1);
  });

  it('is accepted when old and new keys signed it', async () => {
    const scene = await Scene.published();
    scene.sim.setKeys('root', [SimulatedKey.root(scene.gun, scene.sim.nowMs)]);
    scene.sim.publishRoot();
    await scene.upload('root');
    expect(await scene.version('root')).toBe(2);
    expect(await scene.version('snapshot')).toBe(2);
  });

  it('is refused when out of date, in the words of Go', async () => {
    const scene = new Scene();
    scene.sim.root.expires = { text: '2026-11-24T11:00:00.5+02:00', ms: 1_795_510_800_500 };
    scene.sim.signRoot();
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrBadRoot', 'root expired at Tue Nov 24 11:00:00 +0200 2026'),
    );
  });

  it('continues a repository whose root certificate has run out, under a renewed one', async () => {
    const scene = new Scene();
    const { nowMs } = scene.sim;
    const old = SimulatedKey.root(scene.gun, nowMs, { notAfterMs: nowMs + dayMs });
    scene.sim.setKeys('root', [old]);
    scene.sim.signRoot();
    scene.sim.signRoot();
    await scene.upload('root', 'targets');
    scene.sim.nowMs += 400 * dayMs;
    scene.sim.setKeys('root', [old.under(scene.gun, scene.sim.nowMs)]);
    scene.sim.publishRoot();
    await scene.upload('root');
    expect(await scene.version('root')).toBe(2);
  });

  it('cannot be the same again, nor skip a version', async () => {
    const scene = await Scene.published();
    await expect(scene.upload('root')).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    scene.sim.root.version = 3;
    scene.sim.signRoot();
    await expect(scene.upload('root')).rejects.toMatchObject(
      refused('ErrBadRoot', 'Root modifications must increment the version. Current 1, new 3'),
    );
  });

  it('is refused in the words of Go when its structure is wrong', async () => {
    const scene = new Scene();
    const root = scene.sim.bytes('root').toString().replace('"version":1}', '"version":0}');
    await expect(scene.uploadBytes({ root: Buffer.from(root) })).rejects.toMatchObject(
      refused('ErrBadRoot', 'root type metadata invalid: version cannot be less than 1'),
    );
  });
});

describe('an upload that is made to keep the server busy', () => {
  it('is refused for its number of signatures, before any is verified', async () => {
    const scene = await Scene.published();
    const key = SimulatedKey.generate();
    const files: Record<string, Buffer> = {};
    for (let at = 0; at < 10; at += 1) {
      const unsigned = composeTargets(`targets/d${at}`, scene.sim.targets('targets'));
      files[`targets/d${at}`] = sign(
        unsigned,
        Array.from({ length: 250 }, () => key),
      );
    }
    await expect(scene.uploadBytes(files)).rejects.toMatchObject(
      refused('ErrValidation', 'the update carries more than 2000 signatures'),
    );
  });

  it('is refused for its number of root keys', async () => {
    const scene = new Scene();
    const keyIds = Array.from({ length: 129 }, () => scene.sim.signers.get('root')![0]!.key.id);
    scene.sim.root.roles = new Map(scene.sim.root.roles).set('root', { keyIds, threshold: 1 });
    scene.sim.signRoot();
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrBadRoot', 'the root role lists more than 128 keys'),
    );
  });
});

describe('an uploaded snapshot', () => {
  it('is stored as received when it agrees with what is uploaded', async () => {
    const scene = new Scene();
    await scene.upload('root', 'targets', 'snapshot');
    const stored = await scene.store.newest(scene.gun, 'snapshot');
    expect(stored?.bytes.equals(scene.sim.bytes('snapshot'))).toBe(true);
  });

  it('is refused when it names other targets or another root', async () => {
    for (const role of ['targets', 'root'] as const) {
      const scene = new Scene();
      const meta = new Map(scene.sim.snapshot.meta).set(role, fileMeta(Buffer.from('other')));
      scene.sim.snapshot.meta = meta;
      scene.sim.signSnapshot();
      await expect(scene.upload('root', 'targets', 'snapshot')).rejects.toMatchObject(
        refused('ErrBadSnapshot', /^(sha256 checksum for .* did not match|.* has \d+ bytes)/),
      );
    }
  });

  it('is refused when it leaves an uploaded delegation out', async () => {
    const scene = await Scene.published();
    scene.sim.delegate('targets/a');
    scene.sim.publish();
    const meta = new Map(scene.sim.snapshot.meta);
    meta.delete('targets/a');
    scene.sim.snapshot.meta = meta;
    scene.sim.signSnapshot();
    await expect(scene.upload('targets', 'targets/a', 'snapshot')).rejects.toMatchObject(
      refused(
        'ErrBadSnapshot',
        'no checksums for supported algorithms were provided for targets/a',
      ),
    );
  });

  it('is refused when signed by a key that the root does not list, or by none', async () => {
    const scene = new Scene();
    const unsigned = composeSnapshot(scene.sim.snapshot);
    const { root, targets } = {
      root: scene.sim.bytes('root'),
      targets: scene.sim.bytes('targets'),
    };
    const stranger = SimulatedKey.generate();
    await expect(
      scene.uploadBytes({ root, targets, snapshot: sign(unsigned, [stranger]) }),
    ).rejects.toMatchObject(
      refused('ErrBadSnapshot', 'valid signatures did not meet threshold for snapshot'),
    );
    await expect(
      scene.uploadBytes({ root, targets, snapshot: sign(unsigned, []) }),
    ).rejects.toMatchObject(refused('ErrBadSnapshot', 'tuf: data has no signatures'));
  });

  it('is refused when out of date', async () => {
    const scene = new Scene();
    scene.sim.snapshot.expires = expiryAt(scene.sim.nowMs - 1000);
    scene.sim.signSnapshot();
    await expect(scene.upload('root', 'targets', 'snapshot')).rejects.toMatchObject(
      refused('ErrBadSnapshot', 'snapshot expired at Tue Nov 24 23:59:59 UTC 2026'),
    );
  });
});

describe('keys that are not held here', () => {
  it('are worded as Go words them with a local signing service', async () => {
    const scene = new Scene();
    scene.signing.held.clear();
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrBadHierarchy', /^no snapshot was included in update and server does not hold/),
    );
    await expect(scene.upload('root', 'targets', 'snapshot')).rejects.toMatchObject(
      refused('ErrBadRoot', 'no  timestamp keys exist on the server'),
    );
  });

  it('are worded as Go words them with a signer', async () => {
    const scene = new Scene();
    scene.signing.kind = 'remote';
    scene.signing.held.clear();
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrValidation', /^rpc error: code = NotFound desc = key [0-9a-f]{64} not found$/),
    );
  });

  it('are no reason to store anything', async () => {
    const scene = new Scene();
    scene.signing.fault = new Failure('SIGNER_UNAVAILABLE', 'rpc error: code = Unavailable');
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrValidation', 'rpc error: code = Unavailable'),
    );
    expect(await scene.version('root')).toBeUndefined();
  });

  it('are made up for by another key of the role', async () => {
    const scene = new Scene();
    const elsewhere = SimulatedKey.generate();
    const here = scene.sim.signers.get('snapshot')!;
    scene.sim.setKeys('snapshot', [elsewhere, ...here]);
    scene.sim.signRoot();
    await scene.upload('root', 'targets');
    expect(await scene.version('snapshot')).toBe(1);
  });

  it('count towards a threshold above one', async () => {
    const scene = new Scene();
    const keys = [SimulatedKey.generate(), SimulatedKey.generate(), SimulatedKey.generate()];
    scene.sim.setKeys('timestamp', keys, 2);
    scene.sim.signRoot();
    scene.signing.hold(keys[0]!);
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrBadRoot', /keys/),
    );
    scene.signing.hold(keys[2]!);
    await scene.upload('root', 'targets');
    expect(await scene.version('timestamp')).toBe(1);
  });

  it('are found out when the service signs with a wrong key', async () => {
    const scene = new Scene();
    const [key] = scene.sim.signers.get('snapshot')!;
    scene.signing.held.set(key!.key.id, SimulatedKey.generate());
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrValidation', /gave a wrong snapshot signature/),
    );
    expect(await scene.version('root')).toBeUndefined();
  });
});

describe('what the server makes', () => {
  it('continues the snapshot: changed files replaced, the others kept, even orphans', async () => {
    const scene = await Scene.published();
    scene.sim.delegate('targets/a');
    scene.sim.publishTargets();
    scene.sim.publishTargets('targets/a');
    await scene.upload('targets', 'targets/a');
    scene.sim.tag('v2');
    scene.sim.publishTargets();
    await scene.upload('targets');
    const stored = await scene.store.newest(scene.gun, 'snapshot');
    const { version, meta } = parseSnapshot(stored!.bytes).signed;
    expect(version).toBe(3);
    expect([...meta.keys()].sort()).toEqual(['root', 'targets', 'targets/a']);
    expect(meta.get('targets')).toEqual(fileMeta(scene.sim.bytes('targets')));
  });

  it('hashes the bytes as received, however they are written', async () => {
    const scene = new Scene();
    const root = scene.sim.bytes('root');
    const spaced = Buffer.concat([scene.sim.bytes('targets'), Buffer.from('\n ')]);
    await scene.uploadBytes({ root, targets: spaced });
    const stored = await scene.store.newest(scene.gun, 'snapshot');
    expect(parseSnapshot(stored!.bytes).signed.meta.get('targets')).toEqual(fileMeta(spaced));
    const served = await scene.files.current(scene.gun, 'targets');
    expect(served?.bytes.equals(spaced)).toBe(true);
  });

  it('continues above what a deleted generation had reached', async () => {
    const scene = await Scene.published();
    scene.sim.publishTargets();
    await scene.upload('targets');
    await scene.publisher.remove(scene.gun);
    await scene.upload('root', 'targets');
    expect(await scene.version('snapshot')).toBe(3);
    expect(await scene.version('timestamp')).toBe(3);
  });

  it('lives three years and fourteen days', async () => {
    const scene = await Scene.published();
    const { nowMs } = scene.sim;
    const snapshot = parseSnapshot((await scene.store.newest(scene.gun, 'snapshot'))!.bytes);
    const timestamp = parseTimestamp((await scene.store.newest(scene.gun, 'timestamp'))!.bytes);
    expect(snapshot.signed.expires.ms - nowMs).toBe(1095 * dayMs);
    expect(timestamp.signed.expires.ms - nowMs).toBe(14 * dayMs);
  });

  it('is refused a version bomb', async () => {
    const scene = await Scene.published();
    const targets = { ...scene.sim.targets('targets'), version: 5_000_000 };
    const signers = scene.sim.signers.get('targets')!;
    await expect(
      scene.uploadBytes({ targets: sign(composeTargets('targets', targets), signers) }),
    ).rejects.toMatchObject({ code: 'VERSION_LEAP' });
    expect(await scene.version('targets')).toBe(1);
  });
});
