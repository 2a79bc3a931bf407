// Where the snapshot and timestamp keys are, with the real programs: in the signer alone, encrypted at rest,
// and the signer talks to nobody without a client certificate of its authority.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority, type KeyPair } from '../peers/certificates.ts';
import { peer } from '../peers/peers.ts';
import { newPerson, type Person } from '../peers/person.ts';
import { runCommand } from '../peers/program.ts';
import { useScratch } from '../peers/scratch.ts';
import { startTrustServices, type TrustServices } from '../peers/trust-services.ts';
import { expectDone } from './outcome.ts';

const scratch = useScratch();
const gun = 'registry.test/team/custody';

/** Exit status of timeout(1) when it had to end the command. */
const timedOut = 124;

interface Row {
  readonly role: string;
  readonly gun: string;
  readonly encryption_alg: string;
  readonly keywrap_alg: string;
  readonly private: Buffer;
}

describe('the keys of the service', () => {
  let services: TrustServices;
  let owner: Person;
  const signerFile = join(scratch.path, 'paraph-signer.db');

  beforeAll(async () => {
    services = await startTrustServices(scratch, {
      server: 'paraph-server',
      signer: 'paraph-signer',
    });
    const trust = { trustServer: services.url, caFile: services.caFile };
    owner = await newPerson(scratch, 'owner', trust);
    expectDone(await owner.notary(['init', gun, '-p']));
    expectDone(await owner.notary(['key', 'rotate', gun, 'snapshot', '-r']));
  });

  it('lie in the signer, each an encrypted JWE', () => {
    const database = new Database(signerFile, { readonly: true });
    const rows = database.prepare('SELECT * FROM private_keys').all() as Row[];
    database.close();
    expect(rows.map((row) => row.role).toSorted()).toEqual(['snapshot', 'timestamp']);
    for (const row of rows) {
      expect(row).toMatchObject({
        gun,
        encryption_alg: 'A256GCM',
        keywrap_alg: 'PBES2-HS256+A128KW',
      });
      const [header = '', ...parts] = row.private.toString('latin1').split('.');
      expect(parts).toHaveLength(4);
      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
        alg: 'PBES2-HS256+A128KW',
        enc: 'A256GCM',
      });
    }
  });

  it('lie nowhere in the server, nor at the publisher', async () => {
    const server = new Database(join(scratch.path, 'paraph-server.db'), { readonly: true });
    const tables = server.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table'").all();
    server.close();
    expect(JSON.stringify(tables)).not.toMatch(/private/i);
    expect((await owner.keyFiles()).map((key) => key.role)).toEqual(['root', 'targets']);
  });

  it('are in files that only their owner reads', async () => {
    for (const name of ['paraph-signer.db', 'paraph-signer.db-wal', 'paraph-server.db']) {
      expect((await stat(join(scratch.path, name))).mode & 0o777).toBe(0o600);
    }
  });

  it.each(['without a certificate', 'with one of another authority'])(
    'are not reached %s',
    async (kind) => {
      const foreign = await certificateAuthority(scratch, `other-${kind.length}`);
      const pair = kind.startsWith('without')
        ? undefined
        : await foreign.issue('stranger', ['localhost']);
      expect(await staysOpen(pair)).toBe(false);
      expect(await staysOpen(await services.authority.issue('friend', ['localhost']))).toBe(true);
    },
  );

  /** Whether the signer keeps a TLS connection of such a client open, for as long as we look. */
  async function staysOpen(pair: KeyPair | undefined): Promise<boolean> {
    const configuration = JSON.parse(
      await readFile(join(scratch.path, 'paraph-signer.json'), 'utf8'),
    );
    const to = ['s_client', '-connect', configuration.server.grpc_addr, '-alpn', 'h2'];
    const identity = pair ? ['-cert', pair.certFile, '-key', pair.keyFile] : [];
    const trust = ['-CAfile', services.caFile, '-ign_eof'];
    const command = [peer('openssl'), ...to, ...identity, ...trust];
    const { status, stdout } = await runCommand('timeout', ['2', ...command]);
    expect(stdout).toContain('Verification: OK');
    return status === timedOut;
  }
});
