// Many at once for a minute: readers who have seen nothing yet, over 600 repositories on a server that has nothing
// in memory, while publishers race each other on some of them. Nobody gets a wrong answer, and what was
// confirmed to a publisher is there for every later reader.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { resolveTag } from '../../src/client/consume/resolve.ts';
import type { ConsumerPorts, PublisherPorts } from '../../src/client/ports.ts';
import { signTags } from '../../src/client/publish/sign-image.ts';
import { Pins } from '../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../src/client/trustdir/trust-directory.ts';
import { asFailure, isFailure } from '../../src/errors.ts';
import { anonymous } from '../../src/remote/credentials.ts';
import { createHttpClient } from '../../src/remote/http.ts';
import { connectTrustServer, type TrustServer } from '../../src/remote/trust-server.ts';
import { KeyRing } from '../client/key-ring.ts';
import { digestOf, imageTag } from '../client/publisher.ts';
import { useScratch } from '../peers/scratch.ts';
import { startTrustServices } from '../peers/trust-services.ts';

const crowdMs = 60_000;
const repositories = 600;
/** Repositories on which publishers race: few enough that they meet. */
const contended = 24;
const readers = 16;
const publishers = 32;

const scratch = useScratch();
const gunOf = (number: number): string => `registry.test/crowd/app-${number}`;

describe('a crowd of readers and publishers', () => {
  let server: TrustServer;
  const keys = new KeyRing();
  /** Tags that a publisher was told are signed, by repository. */
  const confirmed = new Map<string, string[]>();
  let reads = 0;
  let conflicts = 0;

  async function consumer(): Promise<ConsumerPorts & { readonly path: string }> {
    const path = await mkdtemp(join(scratch.path, 'trust-'));
    const directory = new TrustDirectory(path);
    return { path, server, directory, pins: Pins.none(), nowMs: Date.now, emit: () => undefined };
  }

  async function publisher(): Promise<PublisherPorts> {
    return { ...(await consumer()), keys, pause: (ms) => pause(ms) };
  }

  /** Signs a tag whose content is its name; remembers it once it is confirmed. */
  async function sign(ports: PublisherPorts, gun: string, tag: string): Promise<void> {
    try {
      await signTags({ gun, tags: [imageTag(tag)] }, ports);
      confirmed.set(gun, [...(confirmed.get(gun) ?? []), tag]);
    } catch (error) {
      if (!isFailure(error, 'VERSION_CONFLICT')) throw error;
      conflicts += 1;
    }
  }

  /** Reads `gun` as someone who never saw it; every tag confirmed before must be there. */
  async function readAfresh(gun: string): Promise<void> {
    const before = [...(confirmed.get(gun) ?? [])];
    const ports = await consumer();
    try {
      const repository = await refresh(gun, ports);
      for (const tag of before) expect(resolveTag(repository, tag).digest).toBe(digestOf(tag));
      reads += 1;
    } finally {
      await rm(ports.path, { recursive: true });
    }
  }

  beforeAll(async () => {
    const services = await startTrustServices(scratch, {
      server: 'paraph-server',
      signer: 'paraph-signer',
    });
    const http = createHttpClient({ certificates: { caFile: services.caFile } });
    const url = new URL(services.url);
    server = connectTrustServer({ url, http, credentials: anonymous });
    await keys.generate('root');
    const waiting = Array.from({ length: repositories }, (_, number) => gunOf(number));
    await crowd(8, async () => {
      const ports = await publisher();
      for (let gun = waiting.pop(); gun !== undefined; gun = waiting.pop()) {
        await sign(ports, gun, 'first');
      }
    });
    await services.restart('SIGTERM', ['server']);
  }, 240_000);

  it(
    'gets right answers, and loses nothing that was confirmed',
    async () => {
      const endMs = Date.now() + crowdMs;
      const reading = crowd(readers, async (reader) => {
        for (let turn = reader; Date.now() < endMs; turn += 7) {
          // Every other read looks where publishers are racing.
          await readAfresh(gunOf(turn % 2 === 0 ? turn % contended : (turn * 31) % repositories));
        }
      });
      const publishing = crowd(publishers, async (person) => {
        const ports = await publisher();
        for (let turn = 0; Date.now() < endMs; turn += 1) {
          await sign(ports, gunOf((person + turn * 5) % contended), `tag-${person}-${turn}`);
        }
      });
      await Promise.all([reading, publishing]);
      for (let number = 0; number < contended; number += 1) await readAfresh(gunOf(number));
      const signed = [...confirmed.values()].reduce((sum, tags) => sum + tags.length, 0);
      console.log(`${reads} reads, ${signed - repositories} tags signed, ${conflicts} given up`);
      expect(confirmed.size).toBe(repositories);
      expect(reads).toBeGreaterThan(readers);
      expect(signed - repositories).toBeGreaterThan(publishers);
    },
    crowdMs + 120_000,
  );
});

/** Runs `work` for each of `size` people at once; the first failure is the crowd's. */
async function crowd(size: number, work: (person: number) => Promise<void>): Promise<void> {
  const people = Array.from({ length: size }, (_, person) => work(person));
  const failed = (await Promise.allSettled(people)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw asFailure(failed.reason);
}
