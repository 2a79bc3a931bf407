// Deleting a repository is killed at each kind of step that changes the disk or talks to the server. Whatever the step:
// keys stay, another run brings it to its end, and the repository can be made anew.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { forgetRepository } from '../../src/client/publish/forget.ts';
import { signTags } from '../../src/client/publish/sign-image.ts';
import { Pins } from '../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../src/client/trustdir/trust-directory.ts';
import { type ChildProgram, childProgram } from '../client/child.ts';
import { Consumer } from '../client/consumer.ts';
import { LocalServer } from '../client/local-server.ts';
import { PlainKeyStore } from '../client/plain-key-store.ts';
import { gun, imageTag } from '../client/publisher.ts';
import { serve } from '../client/wire.ts';
import { simulatedNowMs } from '../simulator/repository.ts';

let program: ChildProgram;
beforeAll(async () => {
  program = await childProgram('forget');
});
afterAll(() => program.remove());

it('a deletion that is killed is brought to its end by another run', {
  timeout: 300_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'paraph-forgotten-'));
  const server = new LocalServer();
  const { url, close } = await serve(server);
  const ports = {
    server,
    directory: new TrustDirectory(directory),
    keys: new PlainKeyStore(directory),
    pins: Pins.none(),
    nowMs: () => simulatedNowMs,
    emit: () => undefined,
    pause: () => Promise.resolve(),
  };
  const filesOf = async (path: string) =>
    (await readdir(join(directory, path), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && !entry.name.includes('.lock'))
      .map(({ name }) => name);
  await signTags({ gun, tags: [imageTag('v1')] }, ports);
  const steps = await program.steps([directory, url]);
  expect(steps.length).toBeGreaterThan(8);
  for (const killAt of steps) {
    await signTags({ gun, tags: [imageTag('v1')] }, ports);
    const keys = await filesOf('private');
    const { signal, stderr } = await program.run([directory, url], { killAt });
    const when = `killed at ${killAt}: ${stderr}`;
    expect(signal, when).toBe('SIGKILL');
    expect(await filesOf('private'), when).toEqual(keys);

    await forgetRepository({ gun, remote: true }, ports);
    expect(await filesOf('tuf'), when).toEqual(['forgotten.json']);
    const stranger = await Consumer.make(server);
    await expect(refresh(gun, stranger), when).rejects.toMatchObject({ code: 'NO_TRUST_DATA' });
    await stranger.remove();
  }
  await close();
  await rm(directory, { recursive: true, force: true });
});
