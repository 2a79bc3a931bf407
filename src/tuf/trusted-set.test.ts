import { describe, expect, it } from 'vitest';
import { begin, consume, consumeAll, refusal } from '../../test/simulator/consumer.ts';
import { RepositorySimulator, simulatedNowMs } from '../../test/simulator/repository.ts';
import { SimulatedKey } from '../../test/simulator/simulated-key.ts';
import { fileMeta } from './file-meta.ts';
import { TrustedSet } from './trusted-set.ts';

const dayMs = 24 * 60 * 60 * 1000;
const yearMs = 365 * dayMs;

describe('an honest repository', () => {
  it('is trusted from its first root to its delegations', () => {
    const sim = new RepositorySimulator();
    sim.delegate('targets/releases');
    sim.tag('1.4', 'manifest', 'targets/releases');
    sim.publish();
    const set = consumeAll(sim, {}, ['targets', 'targets/releases']);
    expect(set.targets('targets/releases')?.signed.targets.get('1.4')?.length).toBe(8);
  });

  it('lets a known root that is out of date be followed by one that is not', () => {
    const sim = new RepositorySimulator();
    const first = sim.bytes('root');
    sim.nowMs += 11 * yearMs;
    sim.setKeys('root', [sim.newKey('root')]);
    sim.publish();
    const set = TrustedSet.begin(first, { gun: sim.gun, nowMs: sim.nowMs, isKnownRoot: true });
    set.updateRoot(sim.bytes('root'));
    set.updateTimestamp(sim.bytes('timestamp'));
    expect(set.root.signed.version).toBe(2);
  });

  it('is the same to a consumer who pins the certificate, or the bare key', () => {
    const sim = new RepositorySimulator();
    const [root] = sim.signers.get('root') ?? [];
    for (const id of [root?.key.id, root?.key.canonicalId]) {
      const pin = { kind: 'ids', ids: new Set([id ?? '']) } as const;
      expect(() => consume(sim, { pin })).not.toThrow();
    }
  });

  it('keeps members that nobody knows, and they count for the signature', () => {
    const sim = new RepositorySimulator();
    const [signer] = sim.signers.get('timestamp') ?? [];
    const text = sim.bytes('timestamp').toString();
    const signed = text.slice('{"signed":'.length, text.indexOf(',"signatures"'));
    const extended = signed.replace('"version"', '"unknown":{"x":[1]},"version"');
    const sig = signer?.sign(Buffer.from(extended));
    const bytes = Buffer.from(
      `{"signed":${extended},"signatures":[{"keyid":"${sig?.keyId}","method":"ecdsa","sig":"${sig?.sig.toString('base64')}"}]}`,
    );
    const set = begin(sim);
    set.updateTimestamp(bytes);
    expect(set.timestamp?.bytes.toString()).toContain('"unknown":{"x":[1]}');
    expect(() =>
      begin(sim).updateTimestamp(Buffer.from(text.replace('"version"', '"unknown":1,"version"'))),
    ).toThrow(refusal('THRESHOLD_UNMET'));
  });

  it('verifies whatever the spacing, order and escapes of the file', () => {
    const sim = new RepositorySimulator();
    const { signed, signatures } = JSON.parse(sim.bytes('timestamp').toString());
    const { version, meta, expires, _type } = signed;
    const respelt = JSON.stringify(
      { signatures, signed: { version, meta, expires, _type } },
      null,
      3,
    );
    const set = begin(sim);
    set.updateTimestamp(Buffer.from(`\n ${respelt}\n`.replace('Timestamp', '\\u0054imestamp')));
    expect(set.timestamp?.signed.version).toBe(1);
  });
});

describe('the order of loading', () => {
  for (const [what, load] of [
    [
      'a snapshot before the timestamp',
      (s: TrustedSet, sim: RepositorySimulator) => s.updateSnapshot(sim.bytes('snapshot')),
    ],
    [
      'targets before the snapshot',
      (s: TrustedSet, sim: RepositorySimulator) => s.updateTargets('targets', sim.bytes('targets')),
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      const sim = new RepositorySimulator();
      expect(() => load(begin(sim), sim)).toThrow(refusal('LOAD_ORDER'));
    });
  }

  it('refuses a delegation before its parent', () => {
    const sim = new RepositorySimulator();
    sim.delegate('targets/releases');
    sim.publish();
    const set = consume(sim);
    expect(() => set.updateTargets('targets/releases', sim.bytes('targets/releases'))).toThrow(
      refusal('LOAD_ORDER'),
    );
  });

  it('refuses a root after the timestamp, and a timestamp after the snapshot', () => {
    const sim = new RepositorySimulator();
    const set = consume(sim);
    expect(() => set.updateRoot(sim.bytes('root'))).toThrow(refusal('LOAD_ORDER'));
    expect(() => set.updateTimestamp(sim.bytes('timestamp'))).toThrow(refusal('LOAD_ORDER'));
  });

  it('keeps what it had when a load fails', () => {
    const sim = new RepositorySimulator();
    const set = begin(sim);
    const stranger = new RepositorySimulator(sim.gun);
    expect(() => set.updateTimestamp(stranger.bytes('timestamp'))).toThrow();
    expect(set.timestamp).toBeUndefined();
    set.updateTimestamp(sim.bytes('timestamp'));
    expect(set.timestamp?.signed.version).toBe(1);
  });
});

describe('delegations', () => {
  it('that the parent does not name are refused', () => {
    const sim = new RepositorySimulator();
    sim.snapshot.meta = new Map(sim.snapshot.meta).set('targets/x', fileMeta(sim.bytes('targets')));
    sim.publish();
    const set = consumeAll(sim);
    expect(() => set.updateTargets('targets/x', sim.bytes('targets'))).toThrow(
      refusal('ROLE_INVALID'),
    );
  });

  it('signed by another key than the parent says are refused', () => {
    const sim = new RepositorySimulator();
    sim.delegate('targets/releases');
    sim.signers.set('targets/releases', [SimulatedKey.generate()]);
    sim.publish();
    const set = consumeAll(sim);
    expect(() => set.updateTargets('targets/releases', sim.bytes('targets/releases'))).toThrow(
      refusal('THRESHOLD_UNMET'),
    );
  });

  it('that name a role outside their own are refused', () => {
    const sim = new RepositorySimulator();
    const draft = sim.targets('targets');
    draft.delegations = {
      keys: new Map(),
      roles: [{ name: 'targets/a/b', keyIds: [], threshold: 1, paths: [''] }],
    };
    sim.publish();
    expect(() => consumeAll(sim)).toThrow(refusal('METADATA_INVALID'));
  });

  it('not signed yet are no fault: the snapshot lists none', () => {
    const sim = new RepositorySimulator();
    expect(consumeAll(sim).listed('targets/new')).toBeUndefined();
  });
});

describe('time', () => {
  it('is the parameter, not the clock', () => {
    const sim = new RepositorySimulator('registry.test/a', simulatedNowMs + 50 * yearMs);
    expect(() => consumeAll(sim)).not.toThrow();
    expect(() => consumeAll(sim, { nowMs: sim.nowMs + 20 * yearMs })).toThrow(
      refusal('CERTIFICATE_EXPIRED'),
    );
  });
});
