// Notary's signer and ours on one database: at the same time, and one after the other in both directions.
import { beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../peers/embedded-postgres.ts';
import { peer } from '../peers/peers.ts';
import { newPerson, type Person } from '../peers/person.ts';
import type { PostgresCluster } from '../peers/postgres-cluster.ts';
import { runCommand } from '../peers/program.ts';
import { partOf, useScratch } from '../peers/scratch.ts';
import {
  type SignerKind,
  startTrustServices,
  type TrustServices,
} from '../peers/trust-services.ts';
import { expectDone } from './outcome.ts';
import { signersShareDatabase } from './shared-signer-database.ts';

const scratch = useScratch();
signersShareDatabase(scratch, startEmbeddedPostgres);

describe.each([
  ['notary-server', 'notary-signer'],
  ['paraph-server', 'paraph-signer'],
] as const)('a repository made on %s with %s', (server, first) => {
  const gun = `registry.test/swapped/${server}`;
  const other: SignerKind = first === 'notary-signer' ? 'paraph-signer' : 'notary-signer';
  let cluster: PostgresCluster;
  let services: TrustServices;
  let owner: Person;
  const tags: string[] = [];

  beforeAll(async () => {
    const part = await partOf(scratch, server);
    cluster = await startEmbeddedPostgres(part);
    services = await startTrustServices(part, {
      server,
      signer: first,
      storage: {
        // The server's own make in each: what is swapped is the signer alone.
        server: { backend: 'postgres', db_url: cluster.serverUrl },
        signer: { backend: 'postgres', db_url: cluster.signerUrl },
      },
    });
    owner = await person('owner');
    expectDone(await owner.notary(['init', gun, '-p']));
    expectDone(await owner.notary(['key', 'rotate', gun, 'snapshot', '-r']));
    await publish('first');
  });

  const person = (name: string): Promise<Person> =>
    newPerson(scratch, `${name}-of-${server}`, {
      trustServer: services.url,
      caFile: services.caFile,
    });

  async function publish(tag: string): Promise<void> {
    const file = await owner.file(tag, `content of ${tag}`);
    expectDone(await owner.notary(['add', gun, tag, file, '-p']));
    tags.push(tag);
  }

  const keyRows = () =>
    cluster.query('signer', `SELECT * FROM private_keys WHERE gun = '${gun}' ORDER BY id`);

  it.each([
    ['is signed on by', other],
    ['goes on with', first],
    ['is signed on again by', other],
  ] as const)('%s %s, with the keys that are there', async (how, signer) => {
    const before = await keyRows();
    await swap(signer);
    await publish(`${how.length}-old-keys`);
    // Nothing was made anew: what was signed, was with the keys that the other had made.
    expect((await keyRows()).map((row) => row.key_id)).toEqual(before.map((row) => row.key_id));
    for (const role of ['timestamp', 'snapshot']) {
      expectDone(await owner.notary(['key', 'rotate', gun, role, '-r']));
    }
    await publish(`${how.length}-new-keys`);
    const reader = await person(`reader-${how.length}`);
    const { status, stdout } = await reader.notary(['list', gun]);
    expect(status).toBe(0);
    for (const tag of tags) expect(stdout).toMatch(new RegExp(`^${tag} +[0-9a-f]{64} `, 'm'));
    // The rows of the other are as they were, but for the time of use.
    const after = new Map((await keyRows()).map((row) => [row.key_id, row]));
    for (const row of before) {
      const { last_used, updated_at } = after.get(row.key_id) ?? {};
      expect(after.get(row.key_id)).toEqual({ ...row, last_used, updated_at });
    }
  });

  it('has its pending key given out by either, the same one', async () => {
    const made = await pendingKey();
    for (const signer of [first, other]) {
      await swap(signer);
      expect(await pendingKey()).toBe(made);
    }
  });

  /** Waits until the server has found the signer again: Go's gives it up for a second when a connection fails. */
  async function swap(signer: SignerKind): Promise<void> {
    await services.swap(signer);
    await expect.poll(pendingKey, { timeout: 20_000 }).toContain('"keytype":"ecdsa"');
  }

  async function pendingKey(): Promise<string> {
    const url = `${services.url}/v2/registry.test/fresh/_trust/tuf/timestamp.key`;
    const { stdout } = await runCommand(peer('curl'), ['-s', '--cacert', services.caFile, url]);
    return stdout.trim();
  }
});
