import { describe, expect, it } from 'vitest';
import { RepositorySimulator, simulatedNowMs } from '../../test/simulator/repository.ts';
import { SimulatedKey } from '../../test/simulator/simulated-key.ts';
import type { ErrorCode } from '../errors.ts';
import { expiryAt } from './expiry.ts';
import { fileMeta } from './file-meta.ts';
import { publicKey } from './public-key.ts';
import type { TargetsRole } from './role.ts';
import { TrustedSet, type TrustedSetOptions } from './trusted-set.ts';

const dayMs = 24 * 60 * 60 * 1000;
const yearMs = 365 * dayMs;

const refusal = (code: ErrorCode) => expect.objectContaining({ code });

/** A consumer who sees the repository for the first time, up to but not including targets. */
function consume(sim: RepositorySimulator, options: Partial<TrustedSetOptions> = {}): TrustedSet {
  const set = begin(sim, options);
  set.updateTimestamp(sim.bytes('timestamp'));
  set.updateSnapshot(sim.bytes('snapshot'));
  return set;
}

function begin(sim: RepositorySimulator, options: Partial<TrustedSetOptions> = {}): TrustedSet {
  const defaults = { gun: sim.gun, nowMs: sim.nowMs, isKnownRoot: false };
  return TrustedSet.begin(sim.bytes('root'), { ...defaults, ...options });
}

function consumeAll(
  sim: RepositorySimulator,
  options: Partial<TrustedSetOptions> = {},
  roles: readonly TargetsRole[] = ['targets'],
): TrustedSet {
  const set = consume(sim, options);
  for (const role of roles) set.updateTargets(role, sim.bytes(role));
  return set;
}

function floors(sim: RepositorySimulator): ReadonlyMap<string, number> {
  return new Map([
    ['timestamp', sim.timestamp.version],
    ['snapshot', sim.snapshot.version],
    ['targets', sim.targets('targets').version],
  ]);
}

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
    set.updateTimestamp(Buffer.from(respelt.replace('Timestamp', '\\u0054imestamp')));
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
