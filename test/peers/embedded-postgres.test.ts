import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { useScratch } from './scratch.ts';

const scratch = useScratch();

describe('a PostgreSQL of a test', () => {
  it('comes with the tables of notary, keeps its data when killed, and ends', async () => {
    const postgres = await startEmbeddedPostgres(scratch);
    await postgres.query('server', "INSERT INTO changefeed (gun, version) VALUES ('a', 1)");
    await postgres.stop('SIGKILL');
    await postgres.restart();
    expect(await postgres.query('server', 'SELECT gun, category FROM changefeed')).toEqual([
      { gun: 'a', category: 'update' },
    ]);
    expect(await postgres.query('signer', 'SELECT * FROM private_keys')).toEqual([]);
    const url = await postgres.createDatabase('empty');
    expect(url).toBe(`postgres://notary@127.0.0.1:${postgres.port}/empty?sslmode=disable`);
    const { pid } = postgres.program;
    await postgres.stop();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});
