// Attacks on a publisher by the server, or by whoever stands before it: what was uploaded is swapped, or thrown away,
// and the answer is that all went well.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { signTags } from '../../src/client/publish/sign-image.ts';
import { attachSignatures, composeRoot } from '../../src/tuf/compose.ts';
import { parseRoot, roleKeysOf } from '../../src/tuf/root.ts';
import { LocalServer } from '../client/local-server.ts';
import { gun, imageTag, publisherAt, type TestPublisher } from '../client/publisher.ts';
import { simulatedNowMs } from '../simulator/repository.ts';
import { SimulatedKey } from '../simulator/simulated-key.ts';

let server: LocalServer;
let publisher: TestPublisher;
beforeEach(async () => {
  server = new LocalServer();
  publisher = await publisherAt(server);
});
afterEach(() => publisher.machine.remove());

const trusted = () => publisher.directory.repository(gun).cache.generations();

/** The root with another root key in place of the publisher's, and all else as it was. */
function swapped(root: Buffer, mine: SimulatedKey): Buffer {
  const { signed } = parseRoot(root);
  const keys = new Map(signed.keys).set(mine.key.id, mine.key);
  keys.delete(roleKeysOf(signed, 'root').keyIds[0]!);
  const roles = new Map(signed.roles).set('root', { keyIds: [mine.key.id], threshold: 1 });
  const unsigned = composeRoot({ ...signed, keys, roles });
  return attachSignatures(unsigned, [mine.sign(unsigned.signedBytes)]);
}

describe('a server that swaps the root of the very first upload', () => {
  beforeEach(() => {
    const publish = server.publish.bind(server);
    const mine = SimulatedKey.root(gun, simulatedNowMs);
    server.publish = (name, files) => {
      const root = files.get('root');
      return publish(
        name,
        root === undefined ? files : new Map(files).set('root', swapped(root, mine)),
      );
    };
  });

  it('is caught by the publisher, who keeps the root made here', async () => {
    const problem: unknown = await publisher.sign('1.0').catch((error: unknown) => error);
    expect(problem).toMatchObject({
      code: 'ROOT_CHANGED',
      facts: {
        'made here': expect.stringContaining(publisher.keys.ids('root')[0]!.slice(0, 7)),
        offered: expect.stringContaining('root version 1'),
      },
      remedy: expect.stringContaining('pending-root.json'),
    });
    expect(await trusted()).toEqual([]);
  });

  it('is caught again by whatever the publisher does next', async () => {
    await publisher.sign('1.0').catch(() => undefined);
    await expect(publisher.sign('1.1')).rejects.toMatchObject({ code: 'ROOT_CHANGED' });
    await expect(refresh(gun, publisher)).rejects.toMatchObject({ code: 'ROOT_CHANGED' });
    expect(await trusted()).toEqual([]);
  });

  it('is believed only when a pin admits what it serves', async () => {
    await publisher.sign('1.0').catch(() => undefined);
    const served = parseRoot((await server.fetch(gun, { role: 'root' }, 1 << 20))!);
    publisher.machine.pin({ certs: { [gun]: roleKeysOf(served.signed, 'root').keyIds } });
    const pinned = { ...publisher, pins: publisher.machine.pins };
    expect((await refresh(gun, pinned)).generation.reason).toBe('certificate-pin');
  });
});

describe('a server that says yes and stores nothing', () => {
  const storeNothing = () => {
    server.publish = () => Promise.resolve();
  };
  const notServed = { code: 'SERVER_ERROR', message: expect.stringContaining('does not serve') };

  it('is not believed about a later signing', async () => {
    await publisher.sign('1.0');
    storeNothing();
    await expect(publisher.sign('2.0')).rejects.toMatchObject({
      ...notServed,
      facts: { uploaded: 'targets version 3', served: 'targets version 2' },
    });
  });

  it('is not believed about a first signing, which is then continued', async () => {
    const publish = server.publish.bind(server);
    storeNothing();
    await expect(publisher.sign('1.0')).rejects.toMatchObject(notServed);
    server.publish = publish;
    expect((await publisher.sign('1.0')).tags).toMatchObject([{ outcome: 'signed' }]);
    expect(publisher.keys.ids('root')).toHaveLength(1);
  });
});

it('a repository is not made under a root that its own pins refuse', async () => {
  publisher.machine.pin({ certs: { [gun]: ['ab'.repeat(32)] } });
  const pinned = { ...publisher, pins: publisher.machine.pins };
  const request = { gun, tags: [imageTag('1')] };
  await expect(signTags(request, pinned)).rejects.toMatchObject({
    code: 'PIN_MISMATCH',
    facts: { rule: `certs "${gun}"` },
  });
  expect(server.calls.filter((call) => call.startsWith('publish'))).toEqual([]);
});
