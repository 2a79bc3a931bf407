import { beforeAll, describe, expect, it } from 'vitest';
import {
  type PostgresCluster,
  startEmbeddedPostgres,
} from '../../../test/peers/embedded-postgres.ts';
import { useScratch } from '../../../test/peers/scratch.ts';
import { storeContract } from '../../../test/server/store.contract.ts';
import { parsePostgresTarget } from '../../daemon/database/postgres-url.ts';
import { HotFiles } from './hot-files.ts';
import { openPostgresStore } from './postgres.ts';

const scratch = useScratch();
let postgres: PostgresCluster;
beforeAll(async () => {
  postgres = await startEmbeddedPostgres(scratch);
});

let databases = 0;
async function freshStore(hot?: HotFiles) {
  databases += 1;
  await postgres.query('postgres', `CREATE SCHEMA store${databases}`);
  return sameStore(hot);
}

async function sameStore(hot?: HotFiles) {
  const url = postgres.url('postgres', `sslmode=disable&search_path=store${databases}`);
  return openPostgresStore({ target: parsePostgresTarget(url), maxConnections: 10 }, hot);
}

describe('postgres store', () => {
  describe('on a cache that holds everything', () => {
    storeContract(() => freshStore());
  });
  describe('on a cache that holds nothing', () => {
    storeContract(() => freshStore(new HotFiles(0)));
  });
  it('gives back bytes that are in nobody’s memory as they were stored', async () => {
    const store = await freshStore();
    const bytes = Buffer.from([0, 0xff, 0x0a, 0x7b, 0x80, 0]);
    await store.publish({
      gun: 'g',
      basedOn: undefined,
      nowMs: 0,
      files: [{ role: 'root', version: 1, bytes }],
    });
    await store.close();
    const again = await sameStore();
    expect((await again.newest('g', 'root'))?.bytes).toEqual(bytes);
    await again.close();
  });
});
