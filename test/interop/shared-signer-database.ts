// Notary's signer and ours on one PostgreSQL at the same time, as while one takes the other's place: each behind a
// server of the other make, which share a database too, with publishers who race each other through both.
// Whatever was published verifies, and no key is lost: both signers have all of them.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { resolveTag } from '../../src/client/consume/resolve.ts';
import type { ConsumerPorts, PublisherPorts } from '../../src/client/ports.ts';
import { type RotationPorts, rotateKeys } from '../../src/client/publish/rotate.ts';
import { signTags } from '../../src/client/publish/sign-image.ts';
import { Pins } from '../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../src/client/trustdir/trust-directory.ts';
import { type ErrorCode, isFailure } from '../../src/errors.ts';
import { anonymous } from '../../src/remote/credentials.ts';
import { createHttpClient } from '../../src/remote/http.ts';
import { connectTrustServer, type TrustServer } from '../../src/remote/trust-server.ts';
import { RemoteSigning } from '../../src/server/release/remote-signing.ts';
import { publicKey } from '../../src/tuf/public-key.ts';
import { isValidSignature } from '../../src/tuf/signature.ts';
import { readSignedTree } from '../../src/tuf/signed-file.ts';
import { KeyRing } from '../client/key-ring.ts';
import { digestOf, imageTag } from '../client/publisher.ts';
import type { PostgresCluster } from '../peers/postgres-cluster.ts';
import { partOf, type Scratch } from '../peers/scratch.ts';
import { type Pairing, startTrustServices, type TrustServices } from '../peers/trust-services.ts';
import { metadata } from '../signer/signer-harness.ts';

/** Short and with few: under more, notary's server now and then ends itself (concurrent use of one of its maps). */
const raceMs = 4_000;
const guns = Array.from({ length: 5 }, (_, at) => `registry.test/shared/app-${at}`);
const publishers = 3;

/**
 * A root may be fetched just after a rotation and the timestamp beside it just before: then the snapshot is signed by a key
 * that no longer counts, and asking again is all it needs.
 */
const laterConflicts: readonly ErrorCode[] = ['VERSION_CONFLICT', 'THRESHOLD_UNMET'];
/** A repository that appears while one makes the same: with another root, or half of it was asked for before. */
const firstConflicts: readonly ErrorCode[] = [
  ...laterConflicts,
  'ROOT_CHANGED',
  'METADATA_MISSING',
];

const pairings = [
  { server: 'paraph-server', signer: 'notary-signer' },
  { server: 'notary-server', signer: 'paraph-signer' },
] as const satisfies readonly Pairing[];

export function signersShareDatabase(
  scratch: Scratch,
  startCluster: (scratch: Scratch) => Promise<PostgresCluster>,
): void {
  let cluster: PostgresCluster;
  const stacks: Stack[] = [];
  const keys = new KeyRing();
  /** Tags that a publisher was told are signed, by repository. */
  const confirmed = new Map(guns.map((gun) => [gun, new Set<string>()]));
  const counts = { signed: 0, rotated: 0, conflicts: 0 };

  beforeAll(async () => {
    cluster = await startCluster(scratch);
    for (const pairing of pairings) {
      const part = await partOf(scratch, pairing.signer);
      const storage = {
        server: { backend: 'postgres', db_url: cluster.serverUrl },
        signer: { backend: 'postgres', db_url: cluster.signerUrl },
      };
      stacks.push(await stackOf(part, await startTrustServices(part, { ...pairing, storage })));
    }
    await keys.generate('root');
  }, 120_000);

  async function publisher(stack: Stack): Promise<RotationPorts> {
    return { ...(await consumer(scratch, stack)), keys, pause: (ms) => pause(ms) };
  }

  /** True when it was done; false when another publisher came first, which shows as one of `codes`. */
  async function attempt(work: Promise<unknown>, codes: readonly ErrorCode[]): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      if (!isFailure(error, ...codes)) throw error;
      counts.conflicts += 1;
      return false;
    }
  }

  /** The first publish of every repository, by all publishers at the same moment: its keys are asked for twice. */
  async function begin(): Promise<void> {
    for (const gun of guns) {
      const people = await Promise.all(
        Array.from({ length: publishers }, (_, at) => publisher(stacks[at % stacks.length]!)),
      );
      await Promise.all(
        people.map((ports, at) => publish(ports, gun, `first-of-${at}`, firstConflicts)),
      );
      expect(confirmed.get(gun)?.size).toBeGreaterThan(0);
    }
  }

  async function publish(
    ports: PublisherPorts,
    gun: string,
    tag: string,
    conflicts = laterConflicts,
  ): Promise<void> {
    if (!(await attempt(signTags({ gun, tags: [imageTag(tag)] }, ports), conflicts))) return;
    confirmed.get(gun)?.add(tag);
    counts.signed += 1;
  }

  async function rotate(ports: RotationPorts, gun: string, turn: number): Promise<void> {
    const role = turn % 2 === 0 ? 'timestamp' : 'snapshot';
    if (await attempt(rotateKeys({ gun, role, holder: 'server' }, ports), laterConflicts))
      counts.rotated += 1;
  }

  /** Publishes and rotates through both servers, alternately, until the time is up and enough has come of it. */
  async function race(person: number): Promise<void> {
    const endMs = Date.now() + raceMs;
    const isEnough = (): boolean => counts.signed > publishers * 3 && counts.rotated > 1;
    const ports = await Promise.all(stacks.map(publisher));
    for (let turn = 0; Date.now() < endMs || !isEnough(); turn += 1) {
      const gun = guns[(person + turn) % guns.length] ?? '';
      const through = ports[(person + turn) % ports.length];
      if (through === undefined) throw new Error('no server');
      if (turn % 9 === 5) await rotate(through, gun, turn);
      else await publish(through, gun, `tag-${person}-${turn}`);
    }
  }

  describe('both signers on one database', () => {
    it('serve racing publishers', async () => {
      await begin();
      await Promise.all(Array.from({ length: publishers }, (_, person) => race(person)));
      console.log(JSON.stringify(counts));
    }, 120_000);

    it('show everything that was confirmed to whoever asks either server', async () => {
      for (const stack of stacks) {
        for (const gun of guns) {
          const ports = await consumer(scratch, stack);
          const repository = await refresh(gun, ports);
          for (const tag of confirmed.get(gun) ?? []) {
            expect(resolveTag(repository, tag).digest).toBe(digestOf(tag));
          }
          await rm(ports.path, { recursive: true });
        }
      }
    }, 120_000);

    it('have signed every file that was ever published with a key of its repository and role', async () => {
      const rows = await cluster.query('signer', 'SELECT * FROM private_keys');
      const stored = new Map(rows.map((row) => [String(row.key_id), row]));
      const files = await cluster.query(
        'server',
        "SELECT gun, role, data FROM tuf_files WHERE role IN ('timestamp', 'snapshot')",
      );
      expect(files.length).toBeGreaterThan(counts.signed);
      for (const { gun, role, data } of files) {
        const { message, signatures } = readSignedTree(data as Buffer, (signed) => signed);
        const [signature] = signatures;
        const row = stored.get(signature?.keyId ?? '');
        expect(row).toMatchObject({ gun, role, deleted_at: null, last_used: expect.any(Date) });
        const key = publicKey(String(row?.algorithm), row?.public as Buffer);
        expect(isValidSignature(key, message, signature!)).toBe(true);
      }
    });

    it('have each all keys, also those that the other made', async () => {
      const rows = await cluster.query('signer', 'SELECT key_id, role FROM private_keys');
      expect(rows.length).toBeGreaterThanOrEqual(2 * guns.length);
      for (const { signer } of stacks) {
        for (const row of rows) {
          const [id, role] = [String(row.key_id), String(row.role)];
          expect(await signer.roleOf(id)).toBe(role);
          const content = metadata(role === 'timestamp' ? 'Timestamp' : 'Snapshot', 1);
          const sig = await signer.sign(id, content);
          const key = await signer.publicKey(id);
          expect(isValidSignature(key!, content, { keyId: id, method: 'ecdsa', sig })).toBe(true);
        }
      }
    }, 120_000);

    it('never brought each other into a deadlock, and left no connection waiting', async () => {
      const [counted] = await cluster.query(
        'signer',
        `SELECT deadlocks::int, (SELECT count(*)::int FROM pg_stat_activity
           WHERE datname = 'signer' AND (state LIKE 'idle in transaction%' OR wait_event_type = 'Lock')) AS waiting
           FROM pg_stat_database WHERE datname = 'signer'`,
      );
      expect(counted).toEqual({ deadlocks: 0, waiting: 0 });
    });
  });
}

interface Stack {
  readonly server: TrustServer;
  /** The signer, as its server reaches it. */
  readonly signer: RemoteSigning;
}

async function stackOf(scratch: Scratch, services: TrustServices): Promise<Stack> {
  const http = createHttpClient({ certificates: { caFile: services.caFile } });
  const server = connectTrustServer({ url: new URL(services.url), http, credentials: anonymous });
  const kind = pairings.find(({ signer }) => scratch.path.endsWith(signer))?.signer ?? '';
  const file = await readFile(join(scratch.path, `${kind}.json`), 'utf8');
  const [, port] = /"grpc_addr": ".*:(\d+)"/.exec(file) ?? [];
  const pair = await services.authority.issue('witness', ['localhost']);
  const signer = new RemoteSigning({
    address: {
      host: 'localhost',
      port: Number(port),
      credentials: async () => ({
        authority: await readFile(services.caFile),
        identity: { cert: await readFile(pair.certFile), key: await readFile(pair.keyFile) },
      }),
    },
    algorithm: 'ecdsa',
  });
  scratch.defer(() => signer.close());
  return { server, signer };
}

async function consumer(
  scratch: Scratch,
  { server }: Stack,
): Promise<ConsumerPorts & { readonly path: string }> {
  const path = await mkdtemp(join(scratch.path, 'trust-'));
  const directory = new TrustDirectory(path);
  return { path, server, directory, pins: Pins.none(), nowMs: Date.now, emit: () => undefined };
}
