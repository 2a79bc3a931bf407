import { describe, expect, it } from 'vitest';
import { begin, refusal } from '../../test/simulator/consumer.ts';
import { RepositorySimulator } from '../../test/simulator/repository.ts';
import { SimulatedKey } from '../../test/simulator/simulated-key.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe('the root', () => {
  it('that was swapped is refused: it is not signed by the one trusted so far', () => {
    const sim = new RepositorySimulator();
    const stranger = new RepositorySimulator(sim.gun);
    stranger.setKeys('root', [stranger.newKey('root')]);
    stranger.publish();
    expect(() => begin(sim).updateRoot(stranger.bytes('root'))).toThrow(refusal('ROOT_CHANGED'));
  });

  it('that skips a version is refused: a gap in the chain', () => {
    const sim = new RepositorySimulator();
    const set = begin(sim);
    for (let turn = 0; turn < 2; turn += 1) {
      sim.setKeys('root', [sim.newKey('root')]);
      sim.publish();
    }
    expect(() => set.updateRoot(sim.bytes('root'))).toThrow(refusal('ROOT_CHAIN_BROKEN'));
  });

  it('is followed over many rotations, one by one', () => {
    const sim = new RepositorySimulator();
    const set = begin(sim);
    for (let turn = 0; turn < 5; turn += 1) {
      sim.setKeys('root', [sim.newKey('root')]);
      sim.publish();
      set.updateRoot(sim.bytes('root'));
    }
    set.updateTimestamp(sim.bytes('timestamp'));
    expect(set.root.signed.version).toBe(6);
  });

  it('signed by the old keys alone is refused', () => {
    const sim = new RepositorySimulator();
    const set = begin(sim);
    const old = sim.signers.get('root') ?? [];
    sim.setKeys('root', [sim.newKey('root')]);
    sim.signers.set('root', old);
    sim.publish();
    expect(() => set.updateRoot(sim.bytes('root'))).toThrow(refusal('ROOT_INVALID'));
  });

  it('with a plain key in place of a certificate is refused', () => {
    const sim = new RepositorySimulator();
    sim.setKeys('root', [SimulatedKey.generate()]);
    sim.publish();
    expect(() => begin(sim)).toThrow(refusal('ROOT_INVALID'));
  });

  for (const [what, make] of [
    ['for another repository', (now: number) => SimulatedKey.root('registry.test/other', now)],
    [
      'signed with SHA-1',
      (now: number) => SimulatedKey.root('registry.test/team/app', now, { isSha1: true }),
    ],
    [
      'that ends before it begins',
      (now: number) =>
        SimulatedKey.root('registry.test/team/app', now, {
          notBeforeMs: now,
          notAfterMs: now - 1000,
        }),
    ],
  ] as const) {
    it(`with a certificate ${what} is refused`, () => {
      const sim = new RepositorySimulator();
      sim.setKeys('root', [make(sim.nowMs)]);
      sim.publish();
      expect(() => begin(sim)).toThrow(refusal('ROOT_INVALID'));
    });
  }

  it('with a certificate for a prefix of the repository is trusted', () => {
    const sim = new RepositorySimulator();
    sim.setKeys('root', [SimulatedKey.root('registry.test/team/*', sim.nowMs)]);
    sim.publish();
    expect(() => begin(sim)).not.toThrow();
  });

  it('with a certificate from tomorrow is trusted, from the day after not', () => {
    const sim = new RepositorySimulator();
    sim.setKeys('root', [
      SimulatedKey.root(sim.gun, sim.nowMs, { notBeforeMs: sim.nowMs + dayMs - 1000 }),
    ]);
    sim.publish();
    expect(() => begin(sim)).not.toThrow();
    expect(() => begin(sim, { nowMs: sim.nowMs - dayMs })).toThrow(refusal('CERTIFICATE_EXPIRED'));
  });

  it('that does not match the pin is refused', () => {
    const pin = { kind: 'ids', ids: new Set(['0'.repeat(64)]) } as const;
    expect(() => begin(new RepositorySimulator(), { pin })).toThrow(refusal('PIN_MISMATCH'));
  });
});
