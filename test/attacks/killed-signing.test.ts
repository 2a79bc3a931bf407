// Signing is killed at each kind of step that changes the disk or talks to the server (test/client/child.ts). Whatever
// the step: the next run works, no key is lost or made twice, nothing half-done is left, and consumers see the old state or the new.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { resolveTag } from '../../src/client/consume/resolve.ts';
import { signTags } from '../../src/client/publish/sign-image.ts';
import { isFailure } from '../../src/errors.ts';
import { type ChildProgram, childProgram } from '../client/child.ts';
import { Consumer } from '../client/consumer.ts';
import { LocalServer } from '../client/local-server.ts';
import { plainPublisher } from '../client/plain-publisher.ts';
import { digestOf, gun, imageTag } from '../client/publisher.ts';
import { serve } from '../client/wire.ts';

let program: ChildProgram;
beforeAll(async () => {
  program = await childProgram('sign');
});
afterAll(() => program.remove());

async function seenBy(server: LocalServer, tag: string): Promise<string> {
  const consumer = await Consumer.make(server);
  try {
    return resolveTag(await refresh(gun, consumer), tag).digest;
  } catch (error) {
    if (isFailure(error, 'NO_TRUST_DATA', 'TAG_NOT_SIGNED')) return error.code;
    throw error;
  } finally {
    await consumer.remove();
  }
}

interface Machine {
  readonly directory: string;
  readonly server: LocalServer;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function machine(): Promise<Machine> {
  const directory = await mkdtemp(join(tmpdir(), 'paraph-killed-'));
  const server = new LocalServer();
  const { url, close } = await serve(server);
  const stop = async (): Promise<void> => {
    await close();
    await rm(directory, { recursive: true, force: true });
  };
  return { directory, server, url, stop };
}

/** The next run; in this process, because it starts sooner. */
async function signAgain({ directory, server }: Machine, tag: string): Promise<readonly string[]> {
  const { tags } = await signTags(
    { gun, tags: [imageTag(tag)] },
    plainPublisher(directory, server),
  );
  return tags.map(({ outcome }) => outcome);
}

/** Signs `tag`, killed at step `killAt`, then signs it again. */
async function killAndContinue(at: Machine, tag: string, killAt: string): Promise<void> {
  const { directory, server, url } = at;
  const when = `after a kill at ${killAt}`;
  const killed = await program.run([directory, url, tag], { killAt });
  expect(killed.signal, when).toBe('SIGKILL');
  const seen = await seenBy(server, tag);
  expect([digestOf(tag), 'TAG_NOT_SIGNED', 'NO_TRUST_DATA'], when).toContain(seen);

  const again = await signAgain(at, tag);
  expect(again, when).toEqual([seen === digestOf(tag) ? 'unchanged' : 'signed']);
  expect(await seenBy(server, tag), when).toBe(digestOf(tag));
  const keys = (await readdir(join(directory, 'private'))).filter((name) => name.endsWith('.key'));
  expect(keys, when).toHaveLength(2);
  const left = await readdir(join(directory, 'tuf', gun, '.paraph'));
  // Claims of killed processes are swept when they are old.
  const claims = /^(cache|publish)\.lock\.[0-9a-f-]+$/;
  expect(
    left.filter((name) => !claims.test(name)),
    when,
  ).toEqual(['generations.json']);
}

it('a first signing that is killed is continued with the same keys', {
  timeout: 300_000,
}, async () => {
  const first = await machine();
  const steps = await program.steps([first.directory, first.url, 'tag']);
  await first.stop();
  expect(steps.length).toBeGreaterThan(20);
  // Two at a time, on machines of their own.
  for (let index = 0; index < steps.length; index += 2) {
    await Promise.all(
      steps.slice(index, index + 2).map(async (killAt) => {
        const at = await machine();
        await killAndContinue(at, 'tag', killAt);
        await at.stop();
      }),
    );
  }
});

it('a later signing that is killed leaves the old state or the new', {
  timeout: 300_000,
}, async () => {
  const at = await machine();
  expect((await program.run([at.directory, at.url, 'before'])).code).toBe(0);
  const steps = await program.steps([at.directory, at.url, 'undisturbed']);
  expect(steps.length).toBeGreaterThan(12);
  for (const [index, step] of steps.entries()) {
    await killAndContinue(at, `tag-${index}`, step);
    expect(await seenBy(at.server, 'before')).toBe(digestOf('before'));
  }
  await at.stop();
});
