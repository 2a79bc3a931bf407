// An older entry of `targets` shows again when `targets/releases`, which covers it, is taken away. The keys of snapshot
// and timestamp, which the server holds, must not suffice for that.
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectRepository } from '../../src/client/consume/inspect.ts';
import { refresh } from '../../src/client/consume/refresh.ts';
import { resolveTag } from '../../src/client/consume/resolve.ts';
import { Consumer } from '../client/consumer.ts';
import { digestOf } from '../client/publisher.ts';
import { expectRefused } from '../client/refused.ts';
import { SimulatedServer } from '../client/simulated-server.ts';
import { RepositorySimulator } from '../simulator/repository.ts';
import { SimulatedKey } from '../simulator/simulated-key.ts';

const yearMs = 365 * 24 * 60 * 60 * 1000;
let repository: RepositorySimulator;
let consumer: Consumer;

beforeEach(async () => {
  repository = new RepositorySimulator();
  repository.tag('v1', 'old and broken');
  repository.delegate('targets/releases', ['v']);
  repository.tag('v1', 'fixed', 'targets/releases');
  repository.tag('other');
  repository.publish();
  consumer = await Consumer.make(new SimulatedServer(repository));
});
afterEach(() => consumer.remove());

const resolved = async (tag: string) =>
  resolveTag(await refresh(repository.gun, consumer), tag).digest;
const accepted = async (tag: string) => {
  const { tags } = inspectRepository(await refresh(repository.gun, consumer), tag);
  return tags.filter(({ isAccepted }) => isAccepted).map(({ digest }) => digest);
};

/** Snapshot and timestamp as they are now, signed by whoever has those keys. */
function resign(): void {
  repository.publishSnapshot();
  repository.publishTimestamp();
}

describe('the older tag stays covered', () => {
  it('when a file that nobody signed is listed as targets/releases', async () => {
    expect(await resolved('v1')).toBe(digestOf('fixed'));
    repository.signers.set('targets/releases', [SimulatedKey.generate()]);
    repository.publishTargets('targets/releases');
    resign();
    await expect(resolved('v1')).rejects.toMatchObject({
      code: 'THRESHOLD_UNMET',
      message: expect.stringContaining(`${repository.gun}:v1`),
      meaning: expect.stringContaining('targets/releases decides which tags count'),
    });
    expect(await accepted('v1')).toEqual([]);
    expect(await resolved('other')).toBe(digestOf('other')); // its paths do not reach there
    expect(await accepted('other')).toEqual([digestOf('other')]);
  });

  it('for one who has never seen it signed', async () => {
    repository.signers.set('targets/releases', [SimulatedKey.generate()]);
    repository.publishTargets('targets/releases');
    resign();
    await expect(resolved('v1')).rejects.toMatchObject({ code: 'THRESHOLD_UNMET' });
  });

  it('when targets/releases has run out', async () => {
    consumer.clockMs += 3 * yearMs + yearMs / 365;
    repository.nowMs = consumer.clockMs;
    repository.publishTargets('targets');
    resign();
    await expect(resolved('v1')).rejects.toMatchObject({ code: 'METADATA_EXPIRED' });
  });

  it('when the snapshot leaves targets/releases out, also after docker has cached that', async () => {
    await resolved('v1');
    const meta = new Map(repository.snapshot.meta);
    meta.delete('targets/releases');
    repository.snapshot.meta = meta;
    repository.snapshot.version += 1;
    repository.signSnapshot();
    repository.publishTimestamp();
    await expectRefused(consumer, repository.gun, 'ROLE_NOT_IN_SNAPSHOT');
    const { cache } = consumer.directory.repository(repository.gun);
    for (const role of ['snapshot', 'timestamp'] as const) {
      await writeFile(cache.pathOf(role), repository.bytes(role));
    }
    await expectRefused(consumer, repository.gun, 'ROLE_NOT_IN_SNAPSHOT');
  });
});

it('a delegation whose last key the publisher removed no longer covers anything', async () => {
  await resolved('v1');
  repository.delegate('targets/releases', ['v'], 1, []);
  repository.publish();
  expect(await resolved('v1')).toBe(digestOf('old and broken'));
  expect(await accepted('v1')).toEqual([digestOf('old and broken')]);
});

it('what inspect calls accepted is what verify accepts', async () => {
  repository.delegate('targets/releases/sub', ['v']);
  repository.tag('v2', 'by the repository key');
  repository.tag('v2', 'below releases', 'targets/releases/sub');
  repository.publish();
  await expect(resolved('v2')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
  expect(await accepted('v2')).toEqual([]);
  expect(await accepted('v1')).toEqual([await resolved('v1')]);
});
