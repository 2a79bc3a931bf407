// Notary's server and ours on one PostgreSQL, with one signer: at the same time, as during a roll-over, with real notary
// clients and ours who race each other through both; and one after the other, in both directions.
import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { resolveTag } from '../../src/client/consume/resolve.ts';
import type { ConsumerPorts, PublisherPorts } from '../../src/client/ports.ts';
import { signTags } from '../../src/client/publish/sign-image.ts';
import { Pins } from '../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../src/client/trustdir/trust-directory.ts';
import { isFailure } from '../../src/errors.ts';
import { KeyFileStore } from '../../src/keys/file-store.ts';
import { anonymous } from '../../src/remote/credentials.ts';
import { createHttpClient } from '../../src/remote/http.ts';
import { connectTrustServer } from '../../src/remote/trust-server.ts';
import { digestOf, imageTag } from '../client/publisher.ts';
import { type PostgresCluster, startEmbeddedPostgres } from '../peers/embedded-postgres.ts';
import { newPerson, type Person } from '../peers/person.ts';
import { partOf, type Scratch, useScratch } from '../peers/scratch.ts';
import {
  type ServerKind,
  startTrustServices,
  type TrustServices,
} from '../peers/trust-services.ts';
import { expectDone } from './outcome.ts';

const scratch = useScratch();
const raceMs = 10_000;

async function startOn(part: Scratch, cluster: PostgresCluster, server: ServerKind) {
  return startTrustServices(part, {
    server,
    signer: 'notary-signer',
    storage: {
      server: { backend: 'postgres', db_url: cluster.serverUrl },
      signer: { backend: 'postgres', db_url: cluster.signerUrl },
    },
  });
}

/** Makes the repository with a snapshot key that the signer holds, so that the servers sign all that races. */
async function initialise(owner: Person, gun: string): Promise<void> {
  expectDone(await owner.notary(['init', gun, '-p']));
  expectDone(await owner.notary(['key', 'rotate', gun, 'snapshot', '-r']));
}

async function addWithNotary(person: Person, gun: string, tag: string): Promise<boolean> {
  const file = await person.file(tag, tag);
  return (await person.notary(['add', gun, tag, file, '-p'])).status === 0;
}

describe('a Go server and ours on one database, at the same time', () => {
  const guns = ['one', 'two', 'three', 'four'].map((name) => `registry.test/shared/${name}`);
  const confirmed = new Map(guns.map((gun) => [gun, new Set<string>()]));
  const counts = { byNotary: 0, byOurs: 0, lost: 0, read: 0 };
  let cluster: PostgresCluster;
  let services: TrustServices;
  let urls: readonly string[];
  let owner: Person;

  beforeAll(async () => {
    const part = await partOf(scratch, 'together');
    cluster = await startEmbeddedPostgres(part);
    services = await startOn(part, cluster, 'notary-server');
    urls = [services.url, await services.serveBeside({ kind: 'paraph-server' })];
    owner = await newPerson(scratch, 'owner', {
      trustServer: services.url,
      caFile: services.caFile,
    });
    for (const gun of guns) await initialise(owner, gun);
  });

  async function consumer(url: string): Promise<ConsumerPorts> {
    const http = createHttpClient({ certificates: { caFile: services.caFile } });
    const server = connectTrustServer({ url: new URL(url), http, credentials: anonymous });
    const directory = new TrustDirectory(await mkdtemp(join(scratch.path, 'trust-')));
    return { server, directory, pins: Pins.none(), nowMs: Date.now, emit: () => undefined };
  }

  /** Somebody else with the owner's keys, at one of the two servers. */
  async function colleague(name: string, url: string): Promise<Person> {
    const person = await newPerson(scratch, name, { trustServer: url, caFile: services.caFile });
    await cp(join(owner.trustDir, 'private'), join(person.trustDir, 'private'), {
      recursive: true,
    });
    return person;
  }

  async function raceWithNotary(start: number, url: string, endMs: number): Promise<void> {
    const name = `notary-${start}`;
    const person = await colleague(name, url);
    for (let turn = start; Date.now() < endMs; turn += 1) {
      const gun = guns[turn % guns.length]!;
      const tag = `${name}-${turn}`;
      if (await addWithNotary(person, gun, tag)) {
        confirmed.get(gun)?.add(tag);
        counts.byNotary += 1;
      } else {
        counts.lost += 1;
        // What it could not publish stays staged.
        expectDone(await person.notary(['reset', gun, '--all']));
      }
      // Ours waits longer after each loss, as a crowd should; the others never wait.
      await pause(250);
    }
  }

  async function raceWithOurs(start: number, url: string, endMs: number): Promise<void> {
    const name = `ours-${start}`;
    const person = await colleague(name, url);
    const passphrase = async () => Buffer.from('repository-passphrase');
    const keys = new KeyFileStore(person.trustDir, { passphrase });
    const ports: PublisherPorts = { ...(await consumer(url)), keys, pause: (ms) => pause(ms) };
    for (let turn = start; Date.now() < endMs; turn += 1) {
      const gun = guns[turn % guns.length]!;
      const tag = `${name}-${turn}`;
      try {
        await signTags({ gun, tags: [imageTag(tag)] }, ports);
        confirmed.get(gun)?.add(tag);
        counts.byOurs += 1;
      } catch (error) {
        // Go's server answers 500 to whoever loses at the unique index.
        if (!isFailure(error, 'VERSION_CONFLICT', 'SERVER_ERROR')) throw error;
        counts.lost += 1;
      }
      await pause(20);
    }
  }

  /** Whoever reads meanwhile, through either server, finds a release that verifies. */
  async function readAll(endMs: number): Promise<void> {
    for (let turn = 0; Date.now() < endMs; turn += 1) {
      await refresh(guns[turn % guns.length]!, await consumer(urls[(turn >> 1) % urls.length]!));
      counts.read += 1;
      await pause(20);
    }
  }

  it('serve racing publishers, and readers', async () => {
    const endMs = Date.now() + raceMs;
    await Promise.all([
      ...urls.map((url, at) => raceWithNotary(at, url, endMs)),
      ...urls.map((url, at) => raceWithOurs(at, url, endMs)),
      readAll(endMs),
    ]);
    console.log(JSON.stringify(counts));
    expect(counts.byNotary).toBeGreaterThan(1);
    expect(counts.byOurs).toBeGreaterThan(5);
    expect(counts.read).toBeGreaterThan(5);
  });

  it('show everything that was confirmed to whoever asks either of them', async () => {
    for (const url of urls) {
      const reader = await colleague(`reader-${urls.indexOf(url)}`, url);
      for (const gun of guns) {
        const repository = await refresh(gun, await consumer(url));
        const { status, stdout } = await reader.notary(['list', gun]);
        expect(status).toBe(0);
        for (const tag of confirmed.get(gun) ?? []) {
          expect(resolveTag(repository, tag).digest).toBe(digestOf(tag));
          expect(stdout).toMatch(new RegExp(`^${tag} +[0-9a-f]{64} `, 'm'));
        }
      }
    }
  });

  it('left no gap and no stray row, and never brought each other into a deadlock', async () => {
    const [deadlocks] = await cluster.query(
      'server',
      "SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = 'server'",
    );
    expect(deadlocks).toEqual({ n: 0 });
    // One changefeed record for each timestamp, and versions without gaps.
    const rows = await cluster.query(
      'server',
      `SELECT gun, role, count(*)::int AS n, max(version) - min(version) + 1 AS span,
         (SELECT count(*)::int FROM changefeed c WHERE c.gun = t.gun) AS changes
       FROM tuf_files t WHERE role IN ('snapshot', 'timestamp', 'targets') GROUP BY gun, role`,
    );
    expect(rows).toHaveLength(3 * guns.length);
    for (const { role, n, span, changes } of rows) {
      expect(n).toBe(span);
      if (role === 'timestamp') expect(n).toBe(changes);
    }
    expect(await cluster.query('server', "SELECT id FROM tuf_files WHERE data = ''")).toEqual([]);
  });
});

describe.each(['notary-server', 'paraph-server'] as const)(
  'a database filled through %s',
  (first) => {
    const gun = `registry.test/swapped/${first}`;
    const other: ServerKind = first === 'notary-server' ? 'paraph-server' : 'notary-server';
    let cluster: PostgresCluster;
    let services: TrustServices;
    let owner: Person;
    const tags: string[] = [];

    beforeAll(async () => {
      const part = await partOf(scratch, first);
      cluster = await startEmbeddedPostgres(part);
      services = await startOn(part, cluster, first);
      owner = await person('owner');
      await initialise(owner, gun);
      await publish('first');
    });

    const person = (name: string): Promise<Person> =>
      newPerson(scratch, `${name}-of-${first}`, {
        trustServer: services.url,
        caFile: services.caFile,
      });

    async function publish(tag: string): Promise<void> {
      expect(await addWithNotary(owner, gun, tag)).toBe(true);
      tags.push(tag);
    }

    it.each([
      ['goes on', other],
      ['comes back', first],
      ['goes on once more', other],
    ] as const)('%s with %s: same files, same readers, same publishers', async (how, server) => {
      const rows =
        'SELECT id, gun, role, version, sha256, updated_at, data FROM tuf_files ORDER BY id';
      const before = await cluster.query('server', rows);
      await services.swap(server);
      const name = how.replaceAll(' ', '-');
      const reader = await person(`reader-${name}`);
      expect((await reader.notary(['lookup', gun, 'first'])).stdout).toMatch(
        /^first sha256:[0-9a-f]{64} /,
      );
      await publish(name);
      expectDone(await owner.notary(['key', 'rotate', gun, 'timestamp', '-r']));
      const { stdout } = await reader.notary(['list', gun]);
      for (const tag of tags) expect(stdout).toMatch(new RegExp(`^${tag} `, 'm'));
      expect((await cluster.query('server', rows)).slice(0, before.length)).toEqual(before);
    });

    it('is deleted and made again, and continues above what was deleted where ours is asked', async () => {
      await services.swap('notary-server');
      const timestamp = "FROM tuf_files WHERE gun = '" + gun + "' AND role = 'timestamp'";
      const [reached] = await cluster.query(
        'server',
        `SELECT max(version) AS version ${timestamp}`,
      );
      expectDone(await owner.notary(['delete', gun, '--remote']));
      await services.swap('paraph-server');
      await initialise(owner, gun);
      const [next] = await cluster.query('server', `SELECT min(version) AS version ${timestamp}`);
      expect(Number(next?.version)).toBeGreaterThan(Number(reached?.version));
      await services.swap('notary-server');
      await publish('after');
      expect((await (await person('reader-after')).notary(['list', gun])).stdout).toMatch(
        /^after /m,
      );
    });
  },
);
