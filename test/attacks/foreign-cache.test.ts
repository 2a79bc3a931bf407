// Roots that another program left in the shared trust directory are no more than claims: they continue what is
// trusted here only when the trusted root has signed them.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import type { Consumer } from '../client/consumer.ts';
import { releasedTwice } from '../client/scenes.ts';
import type { SimulatedServer } from '../client/simulated-server.ts';
import { RepositorySimulator } from '../simulator/repository.ts';

let repository: RepositorySimulator;
let server: SimulatedServer;
let consumer: Consumer;
beforeEach(async () => {
  ({ repository, server, consumer } = await releasedTwice());
});
afterEach(() => consumer.remove());

const update = () => refresh(repository.gun, consumer);
const own = () => consumer.directory.repository(repository.gun).cache;

async function leaveRoot(bytes: Buffer): Promise<void> {
  await mkdir(dirname(own().pathOf('root')), { recursive: true });
  await writeFile(own().pathOf('root'), bytes);
}

/** Another repository whose root lists the certificate that is trusted here, at `version`. */
function thief(version: number): RepositorySimulator {
  const made = new RepositorySimulator(repository.gun);
  const [certificate] = [...repository.root.keys.values()].filter(
    ({ keyType }) => keyType === 'ecdsa-x509',
  );
  made.root.keys = new Map(made.root.keys).set(certificate!.id, certificate!);
  made.root.version = version - 1;
  made.publishRoot();
  made.publish();
  return made;
}

describe('a root in the cache that lists a trusted certificate among its keys', () => {
  it.each([
    [1, 'ROOT_CHANGED'],
    [2, 'ROOT_CHANGED'],
    [7, 'ROOT_CHAIN_BROKEN'],
  ])('but is not signed with it continues nothing: version %i is %s', async (version, code) => {
    await update();
    const other = thief(version);
    await leaveRoot(other.bytes('root'));
    server.serve(other);
    await expect(update()).rejects.toMatchObject({ code });
    server.serve(repository);
    expect((await update()).set.root.bytes).toEqual(repository.bytes('root'));
    expect(await own().read('root', 1 << 20)).toEqual(repository.bytes('root'));
  });

  it('and is signed with it is where trust goes on, also some versions ahead', async () => {
    await update();
    for (let turn = 0; turn < 3; turn += 1) {
      repository.setKeys('root', [repository.newKey('root')]);
      repository.publish();
      await leaveRoot(repository.bytes('root'));
    }
    expect((await update()).generation.reason).toBe('first-use');
    expect((await own().generations()).map(({ floors }) => floors.get('root'))).toEqual([4]);
  });
});

describe('without trust at first use, a root that docker has trusted so', () => {
  beforeEach(() => consumer.pin({ disable_tofu: true }));

  it('is not trusted without a pin', async () => {
    await leaveRoot(repository.bytes('root'));
    await expect(update()).rejects.toMatchObject({ code: 'PIN_REQUIRED' });
    await expect(update()).rejects.toMatchObject({ code: 'PIN_REQUIRED' });
  });

  it('is trusted with one', async () => {
    const ids = [...repository.root.roles.get('root')!.keyIds];
    consumer.pin({ certs: { [repository.gun]: ids }, disable_tofu: true });
    await leaveRoot(repository.bytes('root'));
    expect((await update()).generation.reason).toBe('cache');
  });

  it('is trusted when it was before that was forbidden', async () => {
    consumer.pin({});
    await leaveRoot(repository.bytes('root'));
    await update();
    consumer.pin({ disable_tofu: true });
    expect((await update()).generation.reason).toBe('cache');
  });
});
