import { describe, expect, it } from 'vitest';
import { begin, consume, consumeAll, refusal } from '../../test/simulator/consumer.ts';
import { RepositorySimulator } from '../../test/simulator/repository.ts';
import { SimulatedKey } from '../../test/simulator/simulated-key.ts';
import { expiryAt } from './expiry.ts';
import { TrustedSet } from './trusted-set.ts';

const dayMs = 24 * 60 * 60 * 1000;
const yearMs = 365 * dayMs;

describe('expiry', () => {
  for (const role of ['snapshot', 'targets'] as const) {
    it(`an expired ${role} is refused, and reported to a publisher who repairs`, () => {
      const sim = new RepositorySimulator();
      const draft = role === 'targets' ? sim.targets('targets') : sim.snapshot;
      draft.expires = expiryAt(sim.nowMs - 1);
      draft.version += 1;
      if (role === 'targets') sim.signTargets();
      if (role === 'targets') sim.publishSnapshot();
      else sim.signSnapshot();
      sim.publishTimestamp();
      expect(() => consumeAll(sim)).toThrow(refusal('METADATA_EXPIRED'));
      const set = consumeAll(sim, { expired: 'reported' });
      expect(set.outOfDate).toEqual([{ role, what: 'metadata', expiredMs: sim.nowMs - 1 }]);
    });
  }

  it('a root that is out of date is refused when the timestamp comes', () => {
    const sim = new RepositorySimulator();
    sim.root.expires = expiryAt(sim.nowMs - 1);
    sim.root.version += 1;
    sim.signRoot();
    expect(() => begin(sim)).toThrow(refusal('METADATA_EXPIRED'));
    const set = begin(sim, { isKnownRoot: true });
    expect(() => set.updateTimestamp(sim.bytes('timestamp'))).toThrow(refusal('METADATA_EXPIRED'));
  });

  it('the very millisecond of expiry still counts', () => {
    const sim = new RepositorySimulator();
    sim.timestamp.expires = expiryAt(sim.nowMs);
    sim.signTimestamp();
    expect(() => begin(sim).updateTimestamp(sim.bytes('timestamp'))).not.toThrow();
  });

  it('root certificates that ran out are refused on first use, and reported to a publisher', () => {
    const sim = new RepositorySimulator();
    const old = SimulatedKey.root(sim.gun, sim.nowMs, {
      notAfterMs: sim.nowMs - dayMs,
      notBeforeMs: sim.nowMs - 9 * yearMs,
    });
    sim.setKeys('root', [old]);
    sim.publish();
    expect(() => begin(sim)).toThrow(refusal('CERTIFICATE_EXPIRED'));
    expect(() => consume(sim, { isKnownRoot: true })).toThrow(refusal('CERTIFICATE_EXPIRED'));
    const set = consumeAll(sim, { expired: 'reported' });
    expect(set.outOfDate).toMatchObject([{ role: 'root', what: 'certificate' }]);
  });

  it('a repository whose certificates ran out goes on with renewed certificates of the same keys', () => {
    const sim = new RepositorySimulator();
    const old = SimulatedKey.root(sim.gun, sim.nowMs, {
      notAfterMs: sim.nowMs - dayMs,
      notBeforeMs: sim.nowMs - 9 * yearMs,
    });
    sim.setKeys('root', [old]);
    sim.publish();
    const lapsed = sim.bytes('root');
    sim.setKeys('root', [old.under(sim.gun, sim.nowMs)]);
    sim.publish();
    const set = TrustedSet.begin(lapsed, { gun: sim.gun, nowMs: sim.nowMs, isKnownRoot: true });
    set.updateRoot(sim.bytes('root'));
    set.updateTimestamp(sim.bytes('timestamp'));
    expect(set.root.signed.version).toBe(3);
  });
});
