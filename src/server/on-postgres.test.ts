// The program on PostgreSQL, as operators and publishers see it: its first start, a dry run, a database that is not what
// it should be, and one that goes away and comes back.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram, type Child, runProgram } from '../../test/daemon/child-program.ts';
import { type PostgresCluster, startEmbeddedPostgres } from '../../test/peers/embedded-postgres.ts';
import { useScratch } from '../../test/peers/scratch.ts';
import { HttpPublisher } from '../../test/server/http-scene.ts';
import { RepositorySimulator } from '../../test/simulator/repository.ts';

const scratch = useScratch();
const secret = 'hunter-2';
let cluster: PostgresCluster;
let program: string;
beforeAll(async () => {
  cluster = await startEmbeddedPostgres(scratch);
  program = await bundleProgram(join(scratch.path, 'program'), 'server');
});

let database: string;
let count = 0;
beforeEach(async () => {
  count += 1;
  database = `server${count}`;
  await cluster.createDatabase(database);
});

const children: Child[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.process.kill('SIGKILL');
    await child.ended;
    expect(child.output()).not.toContain(secret);
  }
});

async function run(args: readonly string[] = [], settings: object = {}): Promise<Child> {
  const config = join(scratch.path, 'server.json');
  const url = cluster.url(database).replace('notary@', `notary:${secret}@`);
  const whole = {
    server: { http_addr: '127.0.0.1:0' },
    trust_service: { type: 'local' },
    storage: { backend: 'postgres', db_url: url },
    logging: { level: 'info' },
    ...settings,
  };
  await writeFile(config, JSON.stringify(whole));
  const child = runProgram(program, ['-config', config, ...args]);
  children.push(child);
  return child;
}

async function portOf(child: Child): Promise<number> {
  await child.says('the server listens');
  return Number(/"url":"http:\/\/[^"]*:(\d+)"/.exec(child.output())?.[1]);
}

async function publish(publisher: HttpPublisher): Promise<void> {
  await publisher.useServerKeys('snapshot', 'timestamp');
  expect((await publisher.upload('root', 'targets')).status).toBe(200);
}

const tables = async (): Promise<readonly unknown[]> =>
  (
    await cluster.query(
      database,
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    )
  ).map(({ name }) => name);

const allTables = [
  'change_category',
  'changefeed',
  'paraph_generations',
  'paraph_schema',
  'paraph_version_floors',
  'schema_migrations',
  'tuf_files',
];

describe('the first start', () => {
  it('is told by a dry run, which makes nothing', async () => {
    const dry = await run(['-dry-run']);
    expect(await dry.ended).toBe(0);
    expect(dry.output()).toContain("notary's tables would be made: tuf_files, changefeed");
    expect(dry.output()).toContain('CREATE TABLE paraph_version_floors');
    expect(await tables()).toEqual([]);
    const bootstrap = await run(['-bootstrap']);
    expect(await bootstrap.ended).toBe(0);
    expect(await tables()).toEqual(allTables);
    const again = await run(['--dry-run']);
    expect(await again.ended).toBe(0);
    expect(again.output()).toContain('nothing is to be made');
  });

  it('serves what is published, and keeps it over a restart', async () => {
    const repository = new RepositorySimulator(undefined, Date.now());
    const first = await run();
    const publisher = new HttpPublisher(await portOf(first), repository);
    await publish(publisher);
    first.process.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    const second = await run();
    const reader = new HttpPublisher(await portOf(second), repository);
    expect((await reader.ask(reader.tuf('timestamp.json'))).status).toBe(200);
    expect((await reader.ask('/_notary_server/health')).status).toBe(200);
  });
});

describe('a start that is refused', () => {
  it('has no plan where there is no PostgreSQL', async () => {
    const child = await run(['-dry-run'], { storage: { backend: 'memory' } });
    expect(await child.ended).toBe(1);
    expect(child.output()).toContain('-dry-run plans tables in PostgreSQL');
  });

  it.each([
    ['a half-migrated database', 'DROP TABLE changefeed', 'table changefeed'],
    ['tables of a newer release', 'UPDATE paraph_schema SET version = 99', 'schema version 99'],
  ])('by %s, also in a dry run, with a coded failure and no secret', async (_, damage, words) => {
    expect(await (await run(['-bootstrap'])).ended).toBe(0);
    await cluster.query(database, damage);
    for (const args of [[], ['-dry-run']]) {
      const child = await run(args);
      expect(await child.ended).toBe(1);
      expect(JSON.parse(child.output().trim().split('\n').at(-1) ?? '')).toMatchObject({
        level: 'fatal',
        msg: expect.stringContaining(words),
        error: { code: 'STORE_FAILED' },
      });
    }
  });
});

it('a database that goes away is a failure for those who ask, and no more when it is back', async () => {
  const child = await run();
  const publisher = new HttpPublisher(
    await portOf(child),
    new RepositorySimulator(undefined, Date.now()),
  );
  await publish(publisher);
  const read = async () => (await publisher.ask(publisher.tuf('timestamp.json'))).status;
  expect(await read()).toBe(200);
  await cluster.stop('SIGQUIT');
  expect(await read()).toBe(500);
  await child.says('STORE_FAILED');
  await cluster.restart();
  expect(await read()).toBe(200);
  expect(child.process.exitCode).toBeNull();
});
