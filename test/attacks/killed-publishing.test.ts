// Preparing a repository, and publishing what is staged for it, are killed at each kind of step that changes the disk or
// talks to the server (test/client/child.ts). Whatever the step: the next run works, no key is lost or made twice, no staged change is lost, and
// consumers see the old state or the new.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { canonicalIdOf } from '../../src/client/consume/role-authority.ts';
import type { PublisherPorts } from '../../src/client/ports.ts';
import { prepareRepository } from '../../src/client/publish/prepare.ts';
import { publishStaged, stage } from '../../src/client/publish/staged.ts';
import {
  delegationChange,
  removeDelegationChange,
  removeTargetChange,
} from '../../src/client/trustdir/change.ts';
import { isFailure } from '../../src/errors.ts';
import { type ChildProgram, childProgram } from '../client/child.ts';
import { Consumer } from '../client/consumer.ts';
import { LocalServer } from '../client/local-server.ts';
import { plainPublisher } from '../client/plain-publisher.ts';
import { gun } from '../client/publisher.ts';
import { addDelegation, addTag } from '../client/staging.ts';
import { serve } from '../client/wire.ts';

let program: ChildProgram;
beforeAll(async () => {
  program = await childProgram('staged');
});
afterAll(() => program.remove());

interface Machine {
  readonly directory: string;
  readonly server: LocalServer;
  readonly url: string;
  readonly ports: PublisherPorts;
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
  return { directory, server, url, ports: plainPublisher(directory, server), stop };
}

/** Tags by role, as a consumer sees them who never saw the repository; undefined when there is none. */
async function seen(server: LocalServer): Promise<string | undefined> {
  const consumer = await Consumer.make(server);
  try {
    const { set } = await refresh(gun, consumer);
    return (['targets', 'targets/alice'] as const)
      .map((role) => [...(set.targets(role)?.signed.targets.entries() ?? [])].map(([tag]) => tag))
      .join('; ');
  } catch (error) {
    if (isFailure(error, 'NO_TRUST_DATA')) return undefined;
    throw error;
  } finally {
    await consumer.remove();
  }
}

async function stageAll({ ports }: Machine): Promise<void> {
  const alice = (await ports.keys.list()).find(({ role }) => role === 'alice');
  const { key } =
    alice === undefined ? await ports.keys.generate('alice') : await ports.keys.open(alice.id);
  const changes = [
    addTag('v1'),
    ...addDelegation('targets/alice', [key]),
    addTag('a1', 'targets/alice'),
    addTag('v2'),
    removeTargetChange('targets', 'v1'),
  ];
  await stage(gun, changes, { directory: ports.directory, nowNs: () => 1n });
}

/** Kills `command` at each of its steps, two at a time, each on a machine of its own; gives the number of steps. */
async function killEverywhere(
  command: string,
  begin: (at: Machine) => Promise<void>,
  goOn: (at: Machine, when: string) => Promise<void>,
): Promise<number> {
  const first = await machine();
  await begin(first);
  const steps = await program.steps([first.directory, first.url, command]);
  await first.stop();
  for (let index = 0; index < steps.length; index += 2) {
    await Promise.all(
      steps.slice(index, index + 2).map(async (killAt) => {
        const at = await machine();
        await begin(at);
        const killed = await program.run([at.directory, at.url, command], { killAt });
        const when = `after a kill at ${killAt}`;
        expect(killed.signal, when).toBe('SIGKILL');
        await goOn(at, when);
        await at.stop();
      }),
    );
  }
  return steps.length;
}

const nothing = async (): Promise<void> => undefined;
const rolesOfKeys = async ({ ports }: Machine): Promise<readonly string[]> =>
  (await ports.keys.list()).map(({ role }) => role).toSorted();

it('preparing that is killed is continued with the same keys', { timeout: 300_000 }, async () => {
  const steps = await killEverywhere('prepare', nothing, async (at, when) => {
    await prepareRepository({ gun, snapshotHolder: 'local' }, at.ports);
    expect(await rolesOfKeys(at), when).toEqual(['root', 'snapshot', 'targets']);
    const left = await readdir(join(at.directory, 'tuf', gun, '.paraph'));
    expect(
      left.filter((name) => !name.includes('.lock.')),
      when,
    ).toEqual(['generations.json']);
    await publishStaged(gun, at.ports);
    expect(await seen(at.server), when).toBe('; ');
  });
  expect(steps).toBeGreaterThan(12);
});

it('the first publication that is killed is continued', { timeout: 300_000 }, async () => {
  const begin = async (at: Machine): Promise<void> => {
    await prepareRepository({ gun, snapshotHolder: 'local' }, at.ports);
    await stageAll(at);
  };
  const steps = await killEverywhere('publish', begin, async (at, when) => {
    expect([undefined, 'v2; a1'], when).toContain(await seen(at.server));
    await publishStaged(gun, at.ports);
    expect(await seen(at.server), when).toBe('v2; a1');
    expect(await rolesOfKeys(at), when).toEqual(['alice', 'root', 'snapshot', 'targets']);
    expect(await at.ports.directory.repository(gun).changeList.list(), when).toEqual([]);
    expect(await at.server.version(gun, 'root'), when).toBe(1);
  });
  expect(steps).toBeGreaterThan(12);
});

it('a later publication that is killed leaves the old state or the new', {
  timeout: 300_000,
}, async () => {
  const begin = async (at: Machine): Promise<void> => {
    await prepareRepository({ gun, snapshotHolder: 'server' }, at.ports);
    await publishStaged(gun, at.ports);
    await stageAll(at);
  };
  const steps = await killEverywhere('publish', begin, async (at, when) => {
    expect(['; ', 'v2; a1'], when).toContain(await seen(at.server));
    await publishStaged(gun, at.ports);
    expect(await seen(at.server), when).toBe('v2; a1');
    expect(await at.ports.directory.repository(gun).changeList.list(), when).toEqual([]);
  });
  expect(steps).toBeGreaterThan(12);
});

it('taking keys, roles and tags away, when it is killed, is not refused for having been done', {
  timeout: 300_000,
}, async () => {
  const begin = async (at: Machine): Promise<void> => {
    const { keys, directory } = at.ports;
    const staging = { directory, nowNs: () => 1n };
    await prepareRepository({ gun, snapshotHolder: 'server' }, at.ports);
    const [{ key: alice }, { key: stolen }] = [
      await keys.generate('alice'),
      await keys.generate('bob'),
    ];
    const roles = ['targets/alice', 'targets/bob'].flatMap((role) => addDelegation(role, [alice]));
    const more = delegationChange('targets/alice', 'create', { addKeys: [stolen] });
    await stage(gun, [...roles, more, addTag('a1', 'targets/alice'), addTag('v1')], staging);
    await publishStaged(gun, at.ports);
    const purge = delegationChange('targets/*', 'update', {
      removeKeyIds: [canonicalIdOf(stolen)],
    });
    const removals = [
      removeTargetChange('targets/alice', 'a1'),
      purge,
      removeDelegationChange('targets/bob'),
      removeTargetChange('targets', 'v1'),
    ];
    await stage(gun, removals, staging);
  };
  const steps = await killEverywhere('publish', begin, async (at, when) => {
    expect(['v1; a1', '; '], when).toContain(await seen(at.server));
    await publishStaged(gun, at.ports);
    expect(await seen(at.server), when).toBe('; ');
    expect(await at.ports.directory.repository(gun).changeList.list(), when).toEqual([]);
    const left = await readdir(join(at.directory, 'tuf', gun, '.paraph'));
    expect(left, when).not.toContain('pending-publication.json');
  });
  expect(steps).toBeGreaterThan(12);
});
