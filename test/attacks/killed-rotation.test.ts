// A rotation of keys is killed at each kind of step that changes the disk or talks to the server. Whatever the step: consumers
// see the tag before and after, the key that signs is here at any moment, the next run brings it to its end, and one
// key was made, not more.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { resolveTag } from '../../src/client/consume/resolve.ts';
import type { PublisherPorts } from '../../src/client/ports.ts';
import { rotateKeys } from '../../src/client/publish/rotate.ts';
import { signTags } from '../../src/client/publish/sign-image.ts';
import { Pins } from '../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../src/client/trustdir/trust-directory.ts';
import { roleKeysOf } from '../../src/tuf/root.ts';
import { type ChildProgram, childProgram } from '../client/child.ts';
import { Consumer } from '../client/consumer.ts';
import { LocalServer } from '../client/local-server.ts';
import { PlainKeyStore } from '../client/plain-key-store.ts';
import { digestOf, gun, imageTag } from '../client/publisher.ts';
import { serve } from '../client/wire.ts';
import { stepsOf } from '../every-step.ts';
import { simulatedNowMs } from '../simulator/repository.ts';

let program: ChildProgram;
beforeAll(async () => {
  program = await childProgram('rotate');
});
afterAll(() => program.remove());

type Role = 'root' | 'targets' | 'snapshot' | 'timestamp';

interface Scene {
  readonly directory: string;
  readonly url: string;
  readonly consumer: Consumer;
  readonly ports: PublisherPorts & { readonly keys: PlainKeyStore };
  readonly stop: () => Promise<void>;
}

async function scene(): Promise<Scene> {
  const directory = await mkdtemp(join(tmpdir(), 'paraph-rotated-'));
  const server = new LocalServer();
  const { url, close } = await serve(server);
  const consumer = await Consumer.make(server);
  const ports = {
    server,
    directory: new TrustDirectory(directory),
    keys: new PlainKeyStore(directory),
    pins: Pins.none(),
    nowMs: () => simulatedNowMs,
    emit: () => undefined,
    pause: () => Promise.resolve(),
  };
  await signTags({ gun, tags: [imageTag('v1')] }, ports);
  const stop = async (): Promise<void> => {
    await close();
    await consumer.remove();
    await rm(directory, { recursive: true, force: true });
  };
  return { directory, url, consumer, ports, stop };
}

/** Canonical ids of a role as the consumer sees it, who must find the tag. */
async function listed({ consumer }: Scene, role: Role): Promise<readonly string[]> {
  const repository = await refresh(gun, consumer);
  expect(resolveTag(repository, 'v1').digest).toBe(digestOf('v1'));
  const root = repository.set.root.signed;
  return roleKeysOf(root, role).keyIds.map((id) => root.keys.get(id)!.canonicalId);
}

async function here({ directory }: Scene, role: Role): Promise<readonly string[]> {
  const keys = await new PlainKeyStore(directory).list();
  return keys.filter((key) => key.role === role).map(({ id }) => id);
}

async function ownFiles({ directory }: Scene): Promise<readonly string[]> {
  return readdir(join(directory, 'tuf', gun, '.paraph'));
}

/** Rotates, killed at step `killAt`, then again. */
async function killAndContinue(
  at: Scene,
  role: Role,
  holder: 'local' | 'server',
  killAt: string,
): Promise<void> {
  const when = `${role} to ${holder}, killed at ${killAt}`;
  const before = await listed(at, role);
  const keysBefore = await here(at, role);
  const killed = await program.run([at.directory, at.url, role, holder], { killAt });
  expect(killed.signal, when).toBe('SIGKILL');
  const between = await listed(at, role);
  if (holder === 'local')
    expect(await here(at, role), when).toEqual(expect.arrayContaining([...between]));

  // Killed when all was done, it is done; another run would be another rotation.
  const isNoted = (await ownFiles(at)).some((name) => name === `rotation-${role}.json`);
  const isDone = !isNoted && between.join() !== before.join();
  if (!isDone) await rotateKeys({ gun, role, holder }, at.ports);
  const after = await listed(at, role);
  expect(after, when).not.toEqual(before);
  const expected =
    holder === 'server' ? [] : role === 'root' ? [...keysBefore, ...after].toSorted() : after;
  expect(await here(at, role), when).toEqual(expected);
  expect(
    (await ownFiles(at)).filter((name) => !name.includes('.lock')),
    when,
  ).toEqual(['generations.json']);
}

/** The steps that are those of any update of the cache: a rotation of targets is killed at them. */
const isOfCache = (step: string): boolean =>
  / (lock|journal|metadata|files\.json|\*) \d+$/.test(step);

it.each(['targets', 'root'] as const)(
  'a rotation of %s is continued',
  {
    timeout: 300_000,
  },
  async (role) => {
    const at = await scene();
    const steps = await program.steps([at.directory, at.url, role, 'local']);
    expect(steps.length).toBeGreaterThan(15);
    const chosen = stepsOf(steps, (step) => role === 'targets' || !isOfCache(step));
    for (const step of chosen) await killAndContinue(at, role, 'local', step);
    await at.stop();
  },
);

it('a rotation of snapshot to the server, from home, is continued', {
  timeout: 300_000,
}, async () => {
  const at = await scene();
  const bringHome = () => rotateKeys({ gun, role: 'snapshot', holder: 'local' }, at.ports);
  await bringHome();
  const steps = await program.steps([at.directory, at.url, 'snapshot', 'server']);
  expect(steps.length).toBeGreaterThan(15);
  for (const step of stepsOf(steps, (name) => !isOfCache(name))) {
    await bringHome();
    await killAndContinue(at, 'snapshot', 'server', step);
  }
  await at.stop();
});
