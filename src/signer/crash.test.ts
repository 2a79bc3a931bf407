// Kill -9 of the signer, at each step of making a key and of signing, and at moments of a busy life: nothing that was
// answered is lost, and nothing is left half-done.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram, type Child, runProgram } from '../../test/daemon/child-program.ts';
import { crashSteps } from '../../test/signer/programs/crash-program.ts';
import {
  connect,
  metadata,
  passphrasesOf,
  type SignerConnection,
  testSigner,
} from '../../test/signer/signer-harness.ts';
import { openSqliteKeyStore } from './store/sqlite.ts';

const gun = 'example.com/app';
let dir: string;
let stepProgram: string;
let signerProgram: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-crash-'));
  stepProgram = await bundleProgram(join(dir, 'step'), 'crash');
  signerProgram = await bundleProgram(join(dir, 'signer'), 'signer');
});
afterAll(() => rm(dir, { recursive: true }));

function facts(file: string) {
  const database = new Sqlite(file, { readonly: true });
  const integrity = database.pragma('integrity_check', { simple: true });
  const isMade = database.pragma('user_version', { simple: true }) === 1;
  const all = (sql: string): unknown[] => (isMade ? database.prepare(sql).all() : []);
  const rows = all('SELECT key_id, last_used FROM private_keys');
  const floors = all('SELECT key_id, version FROM paraph_signing_floors');
  database.close();
  return { integrity, rows, floors };
}

describe('killed at', () => {
  it.each(crashSteps.map((step, at) => [step, at] as const))('%s', async (step, at) => {
    const file = join(dir, `step-${at}.db`);
    const child = runProgram(stepProgram, [file, step]);
    expect(await child.ended).toBe('SIGKILL');
    const { integrity, rows, floors } = facts(file);
    expect(integrity).toBe('ok');
    // Each fact is there from its commit on, and both facts of a signature together.
    const isStored = at >= crashSteps.indexOf('key stored, not answered');
    const isRecorded = step === 'signature committed, not answered';
    expect(rows).toHaveLength(isStored ? 1 : 0);
    expect(floors).toHaveLength(isRecorded ? 1 : 0);
    // What was answered: the key, from the moment that it was made to sign; a signature never.
    expect(child.output()).toMatch(step.startsWith('sign') ? /^created \w+\n$/ : /^$/);

    const answered = /created (\w+)/.exec(child.output())?.[1];
    const store = await openSqliteKeyStore(file);
    const [key] = await store.newestOf(gun, 'timestamp', 1);
    const pending = key?.lastUsedMs === undefined ? key : undefined;
    if (answered !== undefined) expect(await store.find(answered)).toBeDefined();
    await store.close();

    // A second start goes on as if nothing had happened.
    const restarted = await testSigner(
      { storage: { backend: 'sqlite', file } },
      { passphrases: passphrasesOf({ one: 'first' }) },
    );
    const { connection } = restarted;
    const made = await connection.createKey('ecdsa', gun, 'timestamp');
    const id = made.keyInfo?.keyID?.ID ?? '';
    if (pending !== undefined) expect(id).toBe(pending.keyId);
    if (isRecorded) expect(id).not.toBe(answered);
    expect((await connection.sign(id, metadata('Timestamp', 6))).content).toHaveLength(64);
    await restarted.stop();
  });
});

describe('killed while eight callers make keys and sign', () => {
  const dataDir = () => join(dir, 'data');
  const start = async (): Promise<{ child: Child; connection: SignerConnection }> => {
    const child = runProgram(signerProgram, [], {
      PARAPH_SIGNER_DATA_DIR: dataDir(),
      PARAPH_SIGNER_PASSPHRASE: 'first',
      NOTARY_SIGNER_SERVER_GRPC_ADDR: '127.0.0.1:0',
    });
    await child.says('the signer listens');
    const port = /"address":"127\.0\.0\.1:(\d+)"/.exec(child.output())?.[1];
    const ca = await readFile(join(dataDir(), 'signer.crt'));
    return { child, connection: connect(`127.0.0.1:${port}`, credentials.createSsl(ca)) };
  };

  it('it has lost nothing that it answered', async () => {
    const answered = new Map<string, number>();
    for (const answers of [1, 7, 20, 45]) {
      const { child, connection } = await start();
      let left = answers;
      const note = (id: string, version: number): void => {
        answered.set(id, version);
        left -= 1;
        if (left === 0) child.process.kill('SIGKILL');
      };
      const callers = Array.from({ length: 8 }, async (_, caller) => {
        for (let version = 1; ; version++) {
          const made = await connection.createKey('ecdsa', `example.com/${caller}`, 'timestamp');
          const id = made.keyInfo?.keyID?.ID ?? '';
          note(id, answered.get(id) ?? 0);
          await connection.sign(id, metadata('Timestamp', version));
          note(id, version);
        }
      });
      await Promise.allSettled(callers);
      connection.close();
      expect(await child.ended).toBe('SIGKILL');
    }
    const { child, connection } = await start();
    expect(answered.size).toBeGreaterThan(20);
    const store = await openSqliteKeyStore(join(dataDir(), 'signer.db'));
    for (const [id, version] of answered) {
      expect((await connection.getKeyInfo(id)).role).toBe('timestamp');
      if (version > 0) expect(await store.floor(id)).toBeGreaterThanOrEqual(version);
    }
    await store.close();
    const { integrity, rows } = facts(join(dataDir(), 'signer.db'));
    expect(integrity).toBe('ok');
    const pendingRows = rows.filter((row) => Object(row).last_used === null);
    expect(pendingRows.length).toBeLessThanOrEqual(8);
    connection.close();
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
  });
});
