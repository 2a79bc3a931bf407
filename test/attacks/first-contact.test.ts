// Attacks on a consumer who sees a repository for the first time, and what pins do against them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { fileMeta } from '../../src/tuf/file-meta.ts';
import type { Consumer } from '../client/consumer.ts';
import { expectRefused as expectUpdateRefused } from '../client/refused.ts';
import { releasedTwice } from '../client/scenes.ts';
import type { SimulatedServer } from '../client/simulated-server.ts';
import { RepositorySimulator, simulatedNowMs } from '../simulator/repository.ts';
import { SimulatedKey } from '../simulator/simulated-key.ts';

let repository: RepositorySimulator;
let server: SimulatedServer;
let consumer: Consumer;

beforeEach(async () => {
  ({ repository, server, consumer } = await releasedTwice());
});
afterEach(() => consumer.remove());

const update = () => refresh(repository.gun, consumer);
const expectRefused = (code: ErrorCode, facts?: Readonly<Record<string, unknown>>) =>
  expectUpdateRefused(consumer, repository.gun, code, facts);

describe('a consumer that has not seen the repository refuses', () => {
  it('a root made for another name', async () => {
    const other = new RepositorySimulator('registry.test/team/other');
    server.interfere = (name) => other.files.get(name.role) ?? 'absent';
    await expect(update()).rejects.toMatchObject({ code: 'ROOT_INVALID' });
  });

  it('a root that does not carry its own signature', async () => {
    const text = repository.bytes('root').toString();
    const unsigned = text.replace(/"keyid":"[0-9a-f]{64}"/, `"keyid":"${'0'.repeat(64)}"`);
    repository.files.set('root', Buffer.from(unsigned));
    await expect(update()).rejects.toMatchObject({ code: 'ROOT_INVALID' });
  });

  it('a snapshot that names another root', async () => {
    repository.snapshot.meta = new Map(repository.snapshot.meta).set(
      'root',
      fileMeta(Buffer.alloc(10_000)),
    );
    repository.snapshot.version += 1;
    repository.signSnapshot();
    repository.publishTimestamp();
    await expect(update()).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
  });

  it('a root that the pin does not admit, at first and ever after', async () => {
    const { canonicalId } = SimulatedKey.root(repository.gun, simulatedNowMs).key;
    consumer.pin({ root_keys: { 'registry.test/*': [canonicalId] } });
    await expect(update()).rejects.toMatchObject({
      code: 'PIN_MISMATCH',
      facts: { rule: 'root_keys "registry.test/*"', pinned: canonicalId },
    });
  });

  it('any root without a pin when first use is switched off', async () => {
    consumer.pin({ disable_tofu: true });
    await expect(update()).rejects.toMatchObject({ code: 'PIN_REQUIRED' });
    expect(server.asked).toEqual([]);
  });
});

describe('pins hold', () => {
  const rootKey = () => repository.signers.get('root')![0]!.key;

  it.each([
    [
      'the id of the certificate under certs',
      () => ({ certs: { [repository.gun]: [rootKey().id] } }),
      'certificate-pin',
    ],
    [
      'the id of the root key under certs',
      () => ({ certs: { 'registry.test/team/*': [rootKey().canonicalId] } }),
      'certificate-pin',
    ],
    [
      'the id of the root key under root_keys',
      () => ({ root_keys: { '*': [rootKey().canonicalId] } }),
      'root-key-pin',
    ],
  ])('by %s, also without first use', async (_, pins, reason) => {
    consumer.pin({ ...pins(), disable_tofu: true });
    expect((await update()).generation.reason).toBe(reason);
    expect(consumer.events).toMatchObject([
      { kind: 'trust-began', reason, rule: expect.any(String) },
    ]);
  });

  it('for a cached root, too: a pin set later is not too late', async () => {
    await update();
    consumer.pin({ certs: { '*': ['0'.repeat(64)] } });
    await expectRefused('PIN_MISMATCH');
  });

  it('for the root that a rotation leads to: pins are changed before the publisher rotates', async () => {
    consumer.pin({ root_keys: { '*': [rootKey().canonicalId] } });
    await update();
    repository.setKeys('root', [repository.newKey('root')]);
    repository.publish();
    await expectRefused('PIN_MISMATCH');
  });

  it('for a root that is offered by name alone', async () => {
    consumer.pin({ root_keys: { '*': [rootKey().canonicalId] } });
    await update();
    repository.setKeys('root', [repository.newKey('root')]);
    repository.setKeys('timestamp', [SimulatedKey.generate()]);
    repository.publish();
    server.interfere = (name) => ('version' in name ? 'absent' : undefined);
    await expectRefused('PIN_MISMATCH');
  });

  it('for a renewed certificate of the pinned root key', async () => {
    consumer.pin({ root_keys: { '*': [rootKey().canonicalId] } });
    await update();
    const [root] = repository.signers.get('root')!;
    repository.setKeys('root', [root!.under(repository.gun, simulatedNowMs)]);
    repository.publish();
    expect((await update()).set.root.signed.version).toBe(2);
  });
});
