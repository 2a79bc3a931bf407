// The whole signer on PostgreSQL: as its callers see it when the database goes away, comes back, or was meddled with.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram, runProgram } from '../../test/daemon/child-program.ts';
import { settingsOf } from '../../test/daemon/postgres-settings.ts';
import { tlsFixtures } from '../../test/daemon/tls-fixtures.ts';
import { startEmbeddedPostgres } from '../../test/peers/embedded-postgres.ts';
import { type FragileProxy, startFragileProxy } from '../../test/peers/fragile-proxy.ts';
import type { PostgresCluster } from '../../test/peers/postgres-cluster.ts';
import { useScratch } from '../../test/peers/scratch.ts';
import {
  metadata,
  passphrasesOf,
  type TestSigner,
  testSigner,
} from '../../test/signer/signer-harness.ts';
import { publicKey } from '../tuf/public-key.ts';
import { isValidSignature } from '../tuf/signature.ts';

const vector = JSON.parse(readFileSync('test/vectors/signer-jwe.json', 'utf8'));
const scratch = useScratch();
const gun = 'example.com/app';
let cluster: PostgresCluster;
let proxy: FragileProxy;
beforeAll(async () => {
  cluster = await startEmbeddedPostgres(scratch);
  proxy = await startFragileProxy(cluster.port);
  scratch.defer(() => proxy.close());
});

let database: string;
let number = 0;
const running: TestSigner[] = [];
beforeEach(async () => {
  database = `keys_${number++}`;
  await cluster.createDatabase(database);
});
afterEach(async () => {
  proxy.allow();
  for (const signer of running.splice(0)) await signer.stop();
});

const passphrases: Record<string, string> = { one: 'first', two: 'second' };

async function start(texts = passphrases, defaultAlias = 'one'): Promise<TestSigner> {
  const url = cluster.url(database).replace(`:${cluster.port}/`, `:${proxy.port}/`);
  const storage = { backend: 'postgres', settings: settingsOf(url) } as const;
  const signer = await testSigner({ storage, defaultAlias }, { passphrases: passphrasesOf(texts) });
  running.push(signer);
  return signer;
}

const newKey = async ({ connection }: TestSigner, name = gun, role = 'timestamp') =>
  (await connection.createKey('ecdsa', name, role)).keyInfo!.keyID!.ID;

describe('keys', () => {
  it('are kept over a restart, under the alias with which they were made', async () => {
    const before = await start();
    const id = await newKey(before);
    await before.connection.sign(id, metadata('Timestamp', 1));
    const pending = await newKey(before);
    await running.pop()?.stop();
    const signer = await start(passphrases, 'two');
    expect(await newKey(signer)).toBe(pending);
    const other = await newKey(signer, 'example.com/other');
    const key = publicKey('ecdsa', (await signer.connection.getKeyInfo(id)).publicKey);
    const content = metadata('Timestamp', 2);
    const { content: sig } = await signer.connection.sign(id, content);
    expect(isValidSignature(key, content, { keyId: id, method: 'ecdsa', sig })).toBe(true);
    const rows = await cluster.query(database, 'SELECT key_id, passphrase_alias FROM private_keys');
    expect(new Map(rows.map((row) => [row.key_id, row.passphrase_alias]))).toEqual(
      new Map([
        [id, 'one'],
        [pending, 'one'],
        [other, 'two'],
      ]),
    );
  });

  it('that notary wrote open, and sign', async () => {
    await (await start()).stop();
    running.pop();
    await cluster.query(
      database,
      `INSERT INTO private_keys (key_id, encryption_alg, keywrap_alg, algorithm, passphrase_alias, public, private,
         gun, role)
       VALUES ('${vector.key_id}', 'A256GCM', 'PBES2-HS256+A128KW', 'ecdsa', 'goes',
         '\\x${vector.public_hex}', convert_to('${vector.private_column_jwe}', 'UTF8'), '${gun}', 'timestamp')`,
    );
    const signer = await start({ ...passphrases, goes: vector.passphrase });
    expect(await newKey(signer)).toBe(vector.key_id);
    const { content } = await signer.connection.sign(vector.key_id, metadata('Timestamp', 1));
    expect(content).toHaveLength(64);
    await expect(start()).rejects.toMatchObject({ code: 'SIGNING_KEY_LOCKED' });
  });
});

describe('while the database is away', () => {
  it('nothing is signed and no key is made; when it is back, both are', async () => {
    const signer = await start();
    const id = await newKey(signer);
    await signer.connection.sign(id, metadata('Timestamp', 1));
    proxy.refuse();
    await expect(signer.connection.sign(id, metadata('Timestamp', 2))).rejects.toMatchObject({
      code: 13,
      details: expect.stringContaining(`Signing failed for KeyID ${id}`),
    });
    await expect(newKey(signer)).rejects.toMatchObject({
      code: 13,
      details: 'Key creation failed',
    });
    // What is in memory is still said.
    expect((await signer.connection.getKeyInfo(id)).role).toBe('timestamp');
    await expect(signer.connection.getKeyInfo('0'.repeat(64))).rejects.toMatchObject({ code: 13 });
    expect(signer.lines.filter((line) => line.includes('STORE_FAILED')).length).toBeGreaterThan(2);
    proxy.allow();
    expect((await signer.connection.sign(id, metadata('Timestamp', 3))).content).toHaveLength(64);
    expect(await newKey(signer)).not.toBe(id);
    const [floor] = await cluster.query(database, 'SELECT version::int FROM paraph_signing_floors');
    expect(floor?.version).toBe(3);
  });

  it('a start fails, with a code and without a password', async () => {
    const program = await bundleProgram(join(scratch.path, 'program'), 'signer');
    const file = async (name: string, text: string) => {
      await writeFile(join(scratch.path, name), text, { mode: 0o600 });
      return join(scratch.path, name);
    };
    const { server, authority } = tlsFixtures;
    const configuration = (url: string) => ({
      server: {
        grpc_addr: '127.0.0.1:0',
        tls_cert_file: 'server.crt',
        tls_key_file: 'server.key',
        client_ca_file: 'ca.crt',
      },
      storage: { backend: 'postgres', db_url: url, default_alias: 'one' },
    });
    await file('server.crt', server.cert);
    await file('server.key', server.key);
    await file('ca.crt', authority.cert);
    const run = async (url: string, ...flags: readonly string[]) => {
      const config = await file('signer.json', JSON.stringify(configuration(url)));
      const child = runProgram(program, ['-config', config, ...flags], {
        NOTARY_SIGNER_ONE: 'first',
      });
      const status = await child.ended;
      expect(child.output()).not.toContain('s3cret-word');
      return { status, output: child.output() };
    };
    const url = cluster.url(database).replace('notary@', 'notary:s3cret-word@');
    proxy.refuse();
    for (const wrong of [
      url.replace(`:${cluster.port}/`, `:${proxy.port}/`),
      url.replace(database, 'none'),
      url.replace('notary:', 'nobody:'),
    ]) {
      const { status, output } = await run(wrong);
      expect({ status, output }).toEqual({
        status: 1,
        output: expect.stringContaining('STORE_FAILED'),
      });
    }
    // A plan is made without making anything; then it is made, and nothing is left to plan.
    const planned = await run(url, '-dry-run');
    expect(planned).toMatchObject({ status: 0, output: expect.stringContaining('private_keys') });
    expect(await cluster.query(database, "SELECT to_regclass('private_keys')::text AS it")).toEqual(
      [{ it: null }],
    );
    expect(await run(url, '-bootstrap')).toMatchObject({ status: 0 });
    expect((await run(url, '-dry-run')).output).toContain('up to date');
  });
});

describe('a stored key that someone has meddled with', () => {
  it.each([
    ['a damaged JWE', "private = 'a.b.c.d.e'", 9],
    [
      'the JWE of another key',
      'private = (SELECT private FROM private_keys WHERE role = $$snapshot$$)',
      9,
    ],
    [
      'the public key of another',
      'public = (SELECT public FROM private_keys WHERE role = $$snapshot$$)',
      9,
    ],
    ['another algorithm', "algorithm = 'ed25519'", 9],
    ['an alias that is none', "passphrase_alias = 'three'", 9],
    ['an unreadable time', "created_at = 'infinity'", 13],
  ])(
    '%s: is refused with a status, an alarm, and never a new key instead',
    async (_, change, code) => {
      const signer = await start();
      const id = await newKey(signer);
      await signer.connection.sign(id, metadata('Timestamp', 1));
      // What another role's key is does not matter, but that it is one of ours.
      const snapshot = await newKey(signer, gun, 'snapshot');
      await signer.connection.sign(snapshot, metadata('Snapshot', 1));
      await running.pop()?.stop();
      await cluster.query(database, `UPDATE private_keys SET ${change} WHERE key_id = '${id}'`);
      const later = await startAnyway();
      const refused = { code };
      await expect(later.connection.getKeyInfo(id)).rejects.toMatchObject(refused);
      await expect(later.connection.sign(id, metadata('Timestamp', 2))).rejects.toMatchObject(
        refused,
      );
      await expect(newKey(later)).rejects.toMatchObject(refused);
      const lines = later.lines.map((line) => JSON.parse(line));
      expect(lines.filter(({ level }) => level === 'error').length).toBeGreaterThanOrEqual(3);
      if (code === 9) expect(lines.some(({ msg }) => msg.startsWith('ALARM'))).toBe(true);
      expect(await cluster.query(database, 'SELECT count(*)::int FROM private_keys')).toEqual([
        { count: 2 },
      ]);
      // Other keys go on.
      expect((await later.connection.sign(snapshot, metadata('Snapshot', 2))).content).toHaveLength(
        64,
      );
    },
  );

  async function startAnyway(): Promise<TestSigner> {
    const storage = { backend: 'postgres', settings: settingsOf(cluster.url(database)) } as const;
    const signer = await testSigner(
      { storage, allowLockedKeys: true },
      { passphrases: passphrasesOf(passphrases) },
    );
    running.push(signer);
    return signer;
  }
});
