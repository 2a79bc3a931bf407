import { beforeAll, describe } from 'vitest';
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
});
