// A stranger makes a repository of his own and names the victim's public keys in it. Once the victim signs a tag there,
// nothing the victim signed may count anywhere else.
import { beforeEach, describe, expect, it } from 'vitest';
import { emptyTargets } from '../../src/client/publish/draft-base.ts';
import { signTags } from '../../src/client/publish/sign-image.ts';
import { attachSignatures, composeRoot, composeTargets, release } from '../../src/tuf/compose.ts';
import { expiryAt } from '../../src/tuf/expiry.ts';
import type { PublicKey } from '../../src/tuf/public-key.ts';
import { parseRoot, roleKeysOf } from '../../src/tuf/root.ts';
import type { Delegation } from '../../src/tuf/targets.ts';
import { issuedCertificate } from '../client/issued-certificate.ts';
import { LocalServer } from '../client/local-server.ts';
import { gun, imageTag, publisherAt, type TestPublisher } from '../client/publisher.ts';
import { sign, simulatedNowMs } from '../simulator/repository.ts';
import { SimulatedKey } from '../simulator/simulated-key.ts';

const dayMs = 24 * 60 * 60 * 1000;
const theirGun = 'registry.test/evil/app';
let server: LocalServer;
let victim: TestPublisher;

beforeEach(async () => {
  server = new LocalServer();
  victim = await publisherAt(server);
  await victim.sign('1.0');
  victim.keys.opened.length = 0;
});

/** A public key of the victim's repository. */
async function victimKey(role: 'root' | 'targets'): Promise<PublicKey> {
  const { signed } = parseRoot((await server.fetch(gun, { role: 'root' }, 1 << 20))!);
  return signed.keys.get(roleKeysOf(signed, role).keyIds[0]!)!;
}

interface Lure {
  readonly rootKeys?: readonly PublicKey[];
  readonly targetsKeys?: readonly PublicKey[];
  readonly delegate?: PublicKey;
  readonly lifeMs?: number;
}

/** Publishes the stranger's repository: signed by himself alone, with keys of the victim named in it. */
async function setLure({ rootKeys = [], targetsKeys = [], delegate, lifeMs }: Lure): Promise<void> {
  const mine = SimulatedKey.root(theirGun, simulatedNowMs);
  const signer = SimulatedKey.generate();
  const holders = {
    root: [mine.key, ...rootKeys],
    targets: [signer.key, ...targetsKeys],
    snapshot: [await server.serverKey(theirGun, 'snapshot')],
    timestamp: [await server.serverKey(theirGun, 'timestamp')],
  };
  const listed = Object.values(holders).flat();
  const root = composeRoot({
    version: 1,
    expires: expiryAt(simulatedNowMs + (lifeMs ?? 3000 * dayMs)),
    consistentSnapshot: false,
    nulls: new Set(),
    keys: new Map(listed.map((key) => [key.id, key])),
    roles: new Map(
      Object.entries(holders).map(([role, keys]) => [
        role,
        { keyIds: keys.map(({ id }) => id), threshold: 1 },
      ]),
    ),
  });
  const roles: Delegation[] =
    delegate === undefined
      ? []
      : [{ name: 'targets/releases', keyIds: [delegate.id], threshold: 1, paths: [''] }];
  const keys = new Map(delegate === undefined ? [] : [[delegate.id, delegate] as const]);
  const content = { ...emptyTargets, delegations: { keys, roles } };
  const targets = composeTargets('targets', {
    ...content,
    ...release('targets', 6, simulatedNowMs),
  });
  const files = new Map([
    ['root', attachSignatures(root, [mine.sign(root.signedBytes)])] as const,
    ['targets', sign(targets, [signer])] as const,
  ]);
  await server.publish(theirGun, files);
}

const signThere = () => signTags({ gun: theirGun, tags: [imageTag('hello')] }, victim);

describe("a stranger's repository that names the victim's keys", () => {
  it('does not get its root renewed with the root key of the victim', async () => {
    const lure = issuedCertificate(await victimKey('root'), '*', simulatedNowMs, 3000 * dayMs);
    const { key: delegate } = await victim.keys.generate('victim');
    await setLure({ rootKeys: [lure], delegate, lifeMs: 30 * dayMs });
    expect((await signThere()).uploaded).toEqual(['targets/releases']);
    expect(victim.keys.opened).not.toContain(victim.keys.ids('root')[0]);
  });

  it('does not get a root that has run out renewed with it either', async () => {
    const lure = issuedCertificate(await victimKey('root'), '*', simulatedNowMs, 3000 * dayMs);
    const { key: delegate } = await victim.keys.generate('victim');
    await setLure({ rootKeys: [lure], delegate, lifeMs: dayMs });
    server.nowMs += 2 * dayMs;
    victim.machine.clockMs = server.nowMs;
    await expect(signThere()).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'root' },
    });
    expect(victim.keys.opened).not.toContain(victim.keys.ids('root')[0]);
  });

  it("is not signed with the victim's targets key, which would carry its content over", async () => {
    await setLure({ targetsKeys: [await victimKey('targets')] });
    await expect(signThere()).rejects.toMatchObject({
      code: 'KEY_ROLE_MISMATCH',
      facts: { 'is for': `targets of ${gun}` },
    });
    expect(victim.keys.opened).toEqual([]);
  });

  it('is not signed with the root or targets key as that of a delegation', async () => {
    for (const role of ['root', 'targets'] as const) {
      const [id] = victim.keys.ids(role);
      const { key: delegate } = await victim.keys.open(id!);
      const there = new LocalServer();
      server = there;
      victim = { ...victim, server: there };
      victim.keys.opened.length = 0;
      await setLure({ delegate });
      const request = {
        gun: theirGun,
        tags: [imageTag('hello')],
        roles: ['targets/releases'] as const,
      };
      await expect(signTags(request, victim), role).rejects.toMatchObject({
        code: 'KEY_ROLE_MISMATCH',
      });
      await expect(signThere(), role).rejects.toMatchObject({ code: 'KEY_ROLE_MISMATCH' });
      expect(victim.keys.opened).toEqual([]);
      await victim.machine.remove();
    }
  });
});
