import { describe, expect, it } from 'vitest';
import { begin, consumeAll, refusal } from '../../test/simulator/consumer.ts';
import { RepositorySimulator } from '../../test/simulator/repository.ts';
import { publicKey } from './public-key.ts';

describe('signatures', () => {
  it('an edited file is refused', () => {
    const sim = new RepositorySimulator();
    const edited = Buffer.from(
      sim.bytes('timestamp').toString().replace('"version":1', '"version":7'),
    );
    expect(() => begin(sim).updateTimestamp(edited)).toThrow(refusal('THRESHOLD_UNMET'));
  });

  it('a file without signatures is refused', () => {
    const sim = new RepositorySimulator();
    sim.signers.set('timestamp', []);
    sim.signTimestamp();
    expect(() => begin(sim).updateTimestamp(sim.bytes('timestamp'))).toThrow(
      refusal('THRESHOLD_UNMET'),
    );
  });

  it('a signature by a key of another role is refused', () => {
    const sim = new RepositorySimulator();
    sim.signers.set('timestamp', sim.signers.get('targets') ?? []);
    sim.signTimestamp();
    expect(() => begin(sim).updateTimestamp(sim.bytes('timestamp'))).toThrow(
      refusal('THRESHOLD_UNMET'),
    );
  });

  it('a threshold of two is not met by one, nor by one key that signs twice', () => {
    const sim = new RepositorySimulator();
    const [a, b] = [sim.newKey('timestamp'), sim.newKey('timestamp')];
    sim.setKeys('timestamp', [a, b], 2);
    sim.publish();
    expect(() => consumeAll(sim)).not.toThrow();
    for (const signers of [[a], [a, a]]) {
      sim.signers.set('timestamp', signers);
      sim.signTimestamp();
      expect(() => begin(sim).updateTimestamp(sim.bytes('timestamp'))).toThrow(
        refusal('THRESHOLD_UNMET'),
      );
    }
  });

  it('two of three suffice, whichever two', () => {
    const sim = new RepositorySimulator();
    const keys = [1, 2, 3].map(() => sim.newKey('targets'));
    sim.setKeys('targets', keys, 2);
    for (const absent of keys) {
      sim.signers.set(
        'targets',
        keys.filter((key) => key !== absent),
      );
      sim.publish();
      expect(() => consumeAll(sim)).not.toThrow();
    }
  });

  it('one key under two certificates counts once towards a threshold of two', () => {
    const sim = new RepositorySimulator();
    const key = sim.newKey('root');
    const twin = key.under(sim.gun, sim.nowMs);
    expect(twin.key.id).not.toBe(key.key.id);
    sim.setKeys('root', [key, twin], 2);
    sim.publish();
    expect(() => begin(sim)).toThrow(refusal('ROOT_INVALID'));
  });

  it('a key listed under a foreign id aborts, as in Go', () => {
    const sim = new RepositorySimulator();
    const [signer] = sim.signers.get('timestamp') ?? [];
    const foreign = 'ab'.repeat(32);
    sim.root.keys = new Map(
      [...sim.root.keys].map(([id, key]) => [id === signer?.key.id ? foreign : id, key]),
    );
    sim.root.roles = new Map(sim.root.roles).set('timestamp', { keyIds: [foreign], threshold: 1 });
    sim.publish();
    const bytes = Buffer.from(
      sim
        .bytes('timestamp')
        .toString()
        .replaceAll(signer?.key.id ?? '', foreign),
    );
    expect(() => begin(sim).updateTimestamp(bytes)).toThrow(refusal('KEY_ID_MISMATCH'));
  });

  it('the same key id twice in a role is one key', () => {
    const sim = new RepositorySimulator();
    const [signer] = sim.signers.get('timestamp') ?? [];
    const id = signer?.key.id ?? '';
    sim.root.roles = new Map(sim.root.roles).set('timestamp', { keyIds: [id, id], threshold: 2 });
    sim.publish();
    expect(() => begin(sim).updateTimestamp(sim.bytes('timestamp'))).toThrow(
      refusal('THRESHOLD_UNMET'),
    );
  });

  it('a key of unknown type is carried along and does not count', () => {
    const sim = new RepositorySimulator();
    const strange = publicKey('mldsa65', Buffer.alloc(1952));
    sim.root.keys = new Map(sim.root.keys).set(strange.id, strange);
    sim.publish();
    const set = consumeAll(sim);
    expect(set.root.signed.keys.get(strange.id)?.keyType).toBe('mldsa65');
  });
});
