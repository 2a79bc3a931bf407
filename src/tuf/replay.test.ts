import { describe, expect, it } from 'vitest';
import { begin, consume, consumeAll, floors, refusal } from '../../test/simulator/consumer.ts';
import { RepositorySimulator } from '../../test/simulator/repository.ts';
import { fileMeta } from './file-meta.ts';
import { TrustedSet } from './trusted-set.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe('an attacker who replays', () => {
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    it(`an old ${role} is refused: rollback`, () => {
      const sim = new RepositorySimulator();
      sim.publish();
      const seen = floors(sim);
      if (role === 'targets') sim.targets('targets').version = 0;
      else sim[role].version = 0;
      sim.publish();
      expect(() => consumeAll(sim, { floors: seen })).toThrow(refusal('ROLLBACK'));
    });
  }

  it('an old root is refused: rollback', () => {
    const sim = new RepositorySimulator();
    const old = sim.bytes('root');
    sim.setKeys('targets', [sim.newKey('targets')]);
    sim.publish();
    expect(() => begin(sim).updateRoot(old)).toThrow(refusal('ROLLBACK'));
  });

  it('the same versions again is believed: nothing new is no attack', () => {
    const sim = new RepositorySimulator();
    expect(() => consumeAll(sim, { floors: floors(sim) })).not.toThrow();
  });

  it('a timestamp beyond its end is refused: freeze', () => {
    const sim = new RepositorySimulator();
    expect(() => consume(sim, { nowMs: sim.nowMs + 15 * dayMs })).toThrow(
      refusal('METADATA_EXPIRED'),
    );
  });
});

describe('versions that leap', () => {
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    it(`a ${role} that leaps is refused: version bomb`, () => {
      const sim = new RepositorySimulator();
      const seen = floors(sim);
      if (role === 'targets') sim.targets('targets').version = 2_000_000_000;
      else sim[role].version = 2_000_000_000;
      sim.publish();
      expect(() => consumeAll(sim, { floors: seen })).toThrow(refusal('VERSION_LEAP'));
    });
  }

  it('a fast forward within the step is followed, and what comes after it too', () => {
    const sim = new RepositorySimulator();
    sim.timestamp.version += 999_999;
    sim.publish();
    const seen = floors(sim);
    sim.publish();
    expect(() => consumeAll(sim, { floors: seen })).not.toThrow();
  });

  it('a version beyond exact numbers is refused', () => {
    const sim = new RepositorySimulator();
    const bytes = Buffer.from(
      sim
        .bytes('timestamp')
        .toString()
        .replace(/"version":1/, '"version":9007199254740993'),
    );
    expect(() => begin(sim).updateTimestamp(bytes)).toThrow(refusal('METADATA_INVALID'));
  });
});

describe('mix and match', () => {
  it('an older snapshot under a newer timestamp is refused', () => {
    const sim = new RepositorySimulator();
    const old = sim.bytes('snapshot');
    sim.publish();
    const set = begin(sim);
    set.updateTimestamp(sim.bytes('timestamp'));
    expect(() => set.updateSnapshot(old)).toThrow(refusal('HASH_MISMATCH'));
  });

  it('older targets under a newer snapshot are refused', () => {
    const sim = new RepositorySimulator();
    const old = sim.bytes('targets');
    sim.publish();
    expect(() => consume(sim).updateTargets('targets', old)).toThrow(refusal('HASH_MISMATCH'));
  });

  it('a snapshot that belongs to another root is refused', () => {
    const sim = new RepositorySimulator();
    const first = sim.bytes('root');
    sim.setKeys('targets', [sim.newKey('targets')]);
    sim.publish();
    const set = TrustedSet.begin(first, { gun: sim.gun, nowMs: sim.nowMs, isKnownRoot: true });
    set.updateTimestamp(sim.bytes('timestamp'));
    expect(() => set.updateSnapshot(sim.bytes('snapshot'))).toThrow(refusal('HASH_MISMATCH'));
  });

  it('a delegation dropped from the snapshot, while still delegated to, is refused', () => {
    const sim = new RepositorySimulator();
    sim.delegate('targets/releases');
    sim.publish();
    const listedBefore = new Set(['targets', 'targets/releases']);
    sim.snapshot.meta = new Map(
      [...sim.snapshot.meta].filter(([role]) => role !== 'targets/releases'),
    );
    sim.signSnapshot();
    sim.publishTimestamp();
    const set = consumeAll(sim, { listedBefore });
    expect(() => set.listed('targets/releases')).toThrow(refusal('ROLE_NOT_IN_SNAPSHOT'));
  });

  it('metadata of another repository under this name is refused', () => {
    const other = new RepositorySimulator('registry.test/team/other');
    expect(() => begin(other, { gun: 'registry.test/team/app' })).toThrow(refusal('ROOT_INVALID'));
    const sim = new RepositorySimulator();
    expect(() => begin(sim).updateTimestamp(other.bytes('timestamp'))).toThrow(
      refusal('THRESHOLD_UNMET'),
    );
  });

  it('a file that is longer than signed is refused before it is parsed', () => {
    const sim = new RepositorySimulator();
    const set = begin(sim);
    set.updateTimestamp(sim.bytes('timestamp'));
    const padded = Buffer.concat([sim.bytes('snapshot'), Buffer.alloc(10_000, '[')]);
    expect(() => set.updateSnapshot(padded)).toThrow(refusal('RESPONSE_TOO_LARGE'));
  });

  it('a listing without any hash that we know is refused', () => {
    const sim = new RepositorySimulator();
    sim.snapshot.meta = new Map(sim.snapshot.meta).set('targets/x', {
      length: 9,
      hashes: new Map([['md5', Buffer.alloc(16)]]),
    });
    sim.delegate('targets/x');
    sim.publishTargets();
    sim.snapshot.meta = new Map(sim.snapshot.meta).set('targets', fileMeta(sim.bytes('targets')));
    sim.snapshot.version += 1;
    sim.signSnapshot();
    sim.publishTimestamp();
    const set = consumeAll(sim);
    expect(() => set.updateTargets('targets/x', Buffer.from('{}'))).toThrow(
      refusal('HASH_MISMATCH'),
    );
  });
});
