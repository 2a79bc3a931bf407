import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '../../../test/client/consumer.ts';
import { SimulatedServer } from '../../../test/client/simulated-server.ts';
import { RepositorySimulator } from '../../../test/simulator/repository.ts';
import { SimulatedKey } from '../../../test/simulator/simulated-key.ts';
import { inspectRepository } from './inspect.ts';
import { refresh } from './refresh.ts';
import { resolveTag } from './resolve.ts';

let repository: RepositorySimulator;
let consumer: Consumer;

beforeEach(async () => {
  repository = new RepositorySimulator();
  consumer = await Consumer.make(new SimulatedServer(repository));
});
afterEach(() => consumer.remove());

async function trusted() {
  repository.publish();
  return refresh(repository.gun, consumer);
}
const resolved = async (tag: string) => resolveTag(await trusted(), tag);
const digest = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

describe('a tag resolves', () => {
  it('to the entry of the repository key when there is no other', async () => {
    repository.tag('v1', 'image');
    expect(await resolved('v1')).toEqual({
      tag: 'v1',
      digest: digest('image'),
      length: 5,
      role: 'targets',
    });
  });

  it('to the entry of targets/releases before that of targets', async () => {
    repository.delegate('targets/releases');
    repository.tag('v1', 'by the repository key');
    repository.tag('v1', 'released', 'targets/releases');
    expect(await resolved('v1')).toMatchObject({
      digest: digest('released'),
      role: 'targets/releases',
    });
  });

  it.each(['__proto__', 'constructor', 'toString', '10'])('when it is called %s', async (tag) => {
    await expect(resolved(tag)).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
    repository.tag(tag, 'odd');
    expect((await resolved(tag)).digest).toBe(digest('odd'));
  });
});

describe('a tag is refused', () => {
  it('when nobody signed it', async () => {
    repository.tag('v1');
    await expect(resolved('v2')).rejects.toMatchObject({
      code: 'TAG_NOT_SIGNED',
      facts: {},
      meaning: expect.stringContaining('Nobody has signed this tag'),
    });
  });

  it('when only a signer who does not count has signed it, and names the signer', async () => {
    repository.delegate('targets/alice');
    repository.delegate('targets/bob');
    repository.tag('v1', 'x', 'targets/alice');
    repository.tag('v1', 'x', 'targets/bob');
    await expect(resolved('v1')).rejects.toMatchObject({
      code: 'TAG_NOT_SIGNED',
      message: expect.stringContaining('signed only by alice, bob'),
      facts: { 'signed by': 'alice, bob' },
    });
  });

  it('when releases may not sign it by its paths', async () => {
    repository.delegate('targets/releases', ['1.']);
    repository.tag('2.0', 'x', 'targets/releases');
    repository.tag('1.0', 'x', 'targets/releases');
    expect((await resolved('1.0')).role).toBe('targets/releases');
    await expect(resolved('2.0')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
  });

  it('when a role below releases has it, as docker does, even if targets has it too', async () => {
    repository.delegate('targets/releases');
    repository.delegate('targets/releases/team');
    repository.tag('v1', 'x', 'targets/releases/team');
    repository.tag('v1', 'x', 'targets');
    await expect(resolved('v1')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
  });

  it('when its entry has no sha256', async () => {
    const draft = repository.targets('targets');
    const target = { length: 1, hashes: new Map([['sha512', Buffer.alloc(64)]]) };
    draft.targets = draft.targets.with(new Map([['v1', target]]));
    await expect(resolved('v1')).rejects.toMatchObject({
      code: 'TAG_NOT_SIGNED',
      facts: { hashes: 'sha512' },
    });
  });

  it('saying that releases cannot be read now, when that is why', async () => {
    repository.delegate('targets/releases');
    repository.tag('v1', 'x', 'targets/releases');
    repository.signers.set('targets/releases', [SimulatedKey.generate()]);
    await expect(resolved('v1')).rejects.toMatchObject({
      code: 'THRESHOLD_UNMET',
      message: expect.stringContaining('did not meet threshold for targets/releases'),
    });
  });
});

describe('inspecting', () => {
  it('shows tags in natural order with the signers of each digest, and which a pull accepts', async () => {
    for (const role of ['targets/releases', 'targets/alice', 'targets/bob'] as const)
      repository.delegate(role);
    repository.tag('1.10', 'a', 'targets/releases');
    repository.tag('1.10', 'a', 'targets/alice');
    repository.tag('1.10', 'a', 'targets/bob');
    repository.tag('1.9', 'b', 'targets/alice');
    repository.tag('1.9', 'old', 'targets');
    repository.tag('1.9', 'b', 'targets/releases');
    repository.tag('2.0', 'c', 'targets/bob');
    repository.tag('2.1', 'd', 'targets/releases');
    const { tags } = inspectRepository(await trusted());
    expect(tags).toEqual([
      {
        tag: '1.9',
        digest: digest('old'),
        length: 3,
        signers: ['repository key'],
        roles: ['targets'],
        isAccepted: false,
      },
      {
        tag: '1.9',
        digest: digest('b'),
        length: 1,
        signers: ['alice'],
        roles: ['targets/releases', 'targets/alice'],
        isAccepted: true,
      },
      {
        tag: '1.10',
        digest: digest('a'),
        length: 1,
        signers: ['alice', 'bob'],
        roles: ['targets/releases', 'targets/alice', 'targets/bob'],
        isAccepted: true,
      },
      {
        tag: '2.0',
        digest: digest('c'),
        length: 1,
        signers: ['bob'],
        roles: ['targets/bob'],
        isAccepted: false,
      },
      {
        tag: '2.1',
        digest: digest('d'),
        length: 1,
        signers: ['releases'],
        roles: ['targets/releases'],
        isAccepted: true,
      },
    ]);
    const view = await trusted();
    for (const { tag, digest: accepted, isAccepted } of tags) {
      if (isAccepted) expect(resolveTag(view, tag).digest).toBe(accepted);
    }
    expect(inspectRepository(view, '2.0').tags).toEqual(tags.filter(({ tag }) => tag === '2.0'));
  });

  it('shows every role with its keys, threshold, version and expiry', async () => {
    repository.delegate('targets/releases', ['1.', '2.']);
    repository.delegate('targets/alice', [''], 2, [
      SimulatedKey.generate(),
      SimulatedKey.generate(),
    ]);
    repository.signers.set('targets/alice', [SimulatedKey.generate()]);
    const { roles, rootKeyIds, trustedSinceMs, reason } = inspectRepository(await trusted());
    expect(roles.map(({ role, threshold, version }) => [role, threshold, version])).toEqual([
      ['root', 1, 1],
      ['targets', 1, 2],
      ['targets/releases', 1, 1],
      ['targets/alice', 2, undefined],
      ['snapshot', 1, 2],
      ['timestamp', 1, 2],
    ]);
    expect(roles[2]).toMatchObject({ paths: ['1.', '2.'], problem: undefined });
    expect(roles[3]).toMatchObject({
      problem: expect.stringContaining('did not meet threshold'),
      keys: [{ keyType: 'ecdsa' }, { keyType: 'ecdsa' }],
    });
    const [root] = repository.signers.get('root')!;
    expect(rootKeyIds).toEqual([root!.key.canonicalId]);
    expect(roles[0]?.keys).toEqual([
      { id: root!.key.id, canonicalId: root!.key.canonicalId, keyType: 'ecdsa-x509' },
    ]);
    expect({ trustedSinceMs, reason }).toEqual({
      trustedSinceMs: consumer.clockMs,
      reason: 'first-use',
    });
  });
});
