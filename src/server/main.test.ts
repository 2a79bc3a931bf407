// The program as operators run it: bundled, in a process of its own.
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bundleProgram,
  type Child,
  onceSignalsAreHeard,
  runProgram,
} from '../../test/daemon/child-program.ts';
import { HttpPublisher } from '../../test/server/http-scene.ts';
import { RepositorySimulator } from '../../test/simulator/repository.ts';
import { currentRelease, fileOf } from './release/current-release.ts';
import { openSqliteStore } from './store/sqlite.ts';

let dir: string;
let program: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-server-'));
  program = await bundleProgram(join(dir, 'program'), 'server');
});
afterAll(() => rm(dir, { recursive: true }));

const texts = (child: Child) => child.output().trim().split('\n');
const lines = (child: Child) => texts(child).map((line) => JSON.parse(line));
const lastLine = (child: Child) => JSON.parse(texts(child).at(-1) ?? '');

async function configFile(settings: object = {}): Promise<string> {
  const file = join(dir, 'server.json');
  const whole = {
    server: { http_addr: '127.0.0.1:0' },
    trust_service: { type: 'local' },
    storage: { backend: 'memory' },
    logging: { level: 'info' },
    ...settings,
  };
  await writeFile(file, JSON.stringify(whole));
  return file;
}

async function portOf(child: Child): Promise<number> {
  await child.says('the server listens');
  return Number(/"url":"https?:\/\/[^"]*:(\d+)"/.exec(child.output())?.[1]);
}

function publisherAt(port: number, gun?: string): HttpPublisher {
  return new HttpPublisher(port, new RepositorySimulator(gun, Date.now()));
}

it('prints the version of the package, and help', async () => {
  const child = runProgram(program, ['-version']);
  expect(await child.ended).toBe(0);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(child.output()).toBe(`paraph-server ${version}\n`);
  const help = runProgram(program, ['--help']);
  expect(await help.ended).toBe(0);
  expect(help.output()).toContain('-config FILE');
});

describe('a start that fails', () => {
  it.each([
    ['a flag that is none', ['-nope'], 'USAGE'],
    ['no configuration file', ['-config', 'none.json'], 'CONFIG_INVALID'],
  ])('for %s is one fatal line and status 1', async (_, args, code) => {
    const child = runProgram(program, args, { HOME: dir });
    expect(await child.ended).toBe(1);
    expect(lastLine(child)).toMatchObject({ level: 'fatal', error: { code } });
  });

  it.each([
    [
      { storage: { backend: 'postgres', db_url: 'postgres://u:secret@127.0.0.1:1/d' } },
      'STORE_FAILED',
    ],
    [{ auth: { type: 'htpasswd' } }, 'CONFIG_INVALID'],
    [{ server: { http_addr: ':0', tls_cert_file: 'x', tls_key_file: 'y' } }, 'CONFIG_INVALID'],
  ])('for a setting of its file says which, and no secret: %j', async (settings, code) => {
    const child = runProgram(program, ['-config', await configFile(settings)]);
    expect(await child.ended).toBe(1);
    expect(lastLine(child)).toMatchObject({ level: 'fatal', error: { code } });
    expect(child.output()).not.toContain('secret');
  });

  it('for a port that is taken leaves nothing running', async () => {
    const first = runProgram(program, ['-config', await configFile()]);
    const http_addr = `127.0.0.1:${await portOf(first)}`;
    const second = runProgram(program, ['-config', await configFile({ server: { http_addr } })]);
    expect(await second.ended).toBe(1);
    first.process.kill('SIGTERM');
    expect(await first.ended).toBe(0);
  });
});

describe('what an operator hears', () => {
  const heard = (child: Child) => lines(child).map(({ level, msg }) => `${level}: ${msg}`);

  it.each([
    ['no level', undefined],
    ['level error', { level: 'error' }],
  ])('of a server with %s in its file is what it does not protect', async (_, logging) => {
    // An address of documentation, which no machine has: nothing is exposed by this test.
    const server = { http_addr: '192.0.2.1:0' };
    const child = runProgram(program, ['-config', await configFile({ server, logging, extra: 1 })]);
    expect(await child.ended).toBe(1);
    expect(heard(child)).toEqual([
      'warning: unknown setting extra is ignored',
      'warning: connections are not encrypted: there is no server.tls_cert_file',
      'warning: anyone who connects may publish and delete: there is no auth.type',
      expect.stringMatching(/^fatal: 192\.0\.2\.1:0 cannot be listened on/),
    ]);
  });

  it('at level error is that the signer is away', async () => {
    const remote = { type: 'remote', hostname: '127.0.0.1', port: 1, key_algorithm: 'ecdsa' };
    const file = await configFile({ trust_service: remote, logging: { level: 'error' } });
    const child = runProgram(program, ['-config', file]);
    await child.says('a health check fails');
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    expect(heard(child)).toEqual(['error: a health check fails']);
    expect(lastLine(child)).toMatchObject({ check: 'Trust operational' });
  });
});

describe('a server that runs', () => {
  it('stops in good order on a signal', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const child = runProgram(program, ['-config', await configFile()]);
      expect((await publisherAt(await portOf(child)).ask('/v2/')).status).toBe(200);
      child.process.kill(signal);
      expect(await child.ended).toBe(0);
      expect(child.output()).toContain('the server has stopped');
    }
  });

  it('changes its log level on signals, and never opens a debugger', async () => {
    const child = runProgram(program, ['-config', await configFile()]);
    await portOf(child);
    child.process.kill('SIGUSR1');
    await child.says('Successfully setting log level to debug');
    child.process.kill('SIGUSR2');
    await child.says('Successfully setting log level to info');
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    expect(child.output()).not.toContain('Debugger');
  });

  it('writes what Node warns of into its log', async () => {
    const NODE_OPTIONS = onceSignalsAreHeard('process.emitWarning(/w4rn/.source)');
    const child = runProgram(program, ['-config', await configFile()], { NODE_OPTIONS });
    await child.says('w4rn');
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    expect(lines(child)).toContainEqual(
      expect.objectContaining({ level: 'warning', text: 'w4rn' }),
    );
  });

  it('runs on its embedded default, before its signer does', async () => {
    const env = { HOME: join(dir, 'home'), PARAPH_SERVER_SERVER_HTTP_ADDR: '127.0.0.1:0' };
    const child = runProgram(program, [], env);
    const port = await portOf(child);
    await child.says(`"copyTo":"~/.docker/tls/127.0.0.1:${port}/ca.crt"`);
    const { certificate } = lines(child).find(({ copyTo }) => copyTo !== undefined);
    expect(certificate).toBe(join(env.HOME, '.local/share/paraph/server/server.crt'));
    const authority = await readFile(certificate, 'utf8');
    const sim = new RepositorySimulator(undefined, Date.now());
    const publisher = new HttpPublisher(port, sim, authority);
    expect((await publisher.ask(publisher.tuf('timestamp.json'))).status).toBe(404);
    expect((await publisher.ask(publisher.tuf('timestamp.key'))).status).toBe(500);
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
  });

  it('makes its tables and ends when that is all it is asked', async () => {
    const storage = { backend: 'sqlite', db_url: join(dir, 'bootstrap.db') };
    const child = runProgram(program, ['-bootstrap', '-config', await configFile({ storage })]);
    expect(await child.ended).toBe(0);
    const store = await openSqliteStore(storage.db_url);
    await store.check();
    await store.close();
  });
});

describe('a server that is killed in the middle of uploads', () => {
  const publishers = 4;

  /** Uploads version after version until the server is gone; the last one that was answered 200. */
  async function publishUntilDead(
    publisher: HttpPublisher,
    onAcknowledged: () => void,
  ): Promise<number> {
    let acknowledged = 0;
    try {
      await publisher.useServerKeys('snapshot', 'timestamp');
      for (let answer = await publisher.upload('root', 'targets'); ; ) {
        if (answer.status !== 200) throw new Error(answer.text);
        acknowledged = publisher.sim.targets('targets').version;
        onAcknowledged();
        publisher.sim.tag(`v${acknowledged}`);
        publisher.sim.publishTargets();
        answer = await publisher.upload('targets');
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error) return acknowledged;
      throw error;
    }
  }

  it.each([1, 6, 25, 60])(
    'after %i answers has everything that it acknowledged, and nothing half',
    async (answers) => {
      const db_url = join(dir, `killed-${answers}.db`);
      const config = await configFile({ storage: { backend: 'sqlite', db_url } });
      const child = runProgram(program, ['-config', config]);
      const port = await portOf(child);
      const all = Array.from({ length: publishers }, (_, at) => publisherAt(port, `gun/${at}`));
      let left = answers;
      const count = (): void => {
        left -= 1;
        if (left === 0) child.process.kill('SIGKILL');
      };
      const running = all.map((publisher) => publishUntilDead(publisher, count));
      const acknowledged = await Promise.all(running);
      expect(await child.ended).toBe('SIGKILL');
      expect(Math.max(...acknowledged)).toBeGreaterThan(0);

      const store = await openSqliteStore(db_url);
      for (const [at, { gun, sim }] of all.entries()) {
        const release = await currentRelease(store, gun);
        const newest = await store.newest(gun, 'targets');
        // The upload that was on its way may have been stored, and then wholly.
        expect([acknowledged[at], (acknowledged[at] ?? 0) + 1]).toContain(newest?.version ?? 0);
        if (release === undefined) continue;
        const released = await fileOf(store, gun, release, 'targets');
        expect(released?.version).toBe(newest?.version);
        expect(await fileOf(store, gun, release, 'root')).toBeDefined();
        const changes = await store.changes({ gun, fromId: 0, backwards: false, limit: 9999 });
        expect(changes.at(-1)?.version).toBe(release.timestamp.version);
        if (newest?.version === sim.targets('targets').version) {
          expect(newest.bytes.equals(sim.bytes('targets'))).toBe(true);
        }
      }
      await store.close();

      const again = runProgram(program, ['-config', config]);
      const reader = await portOf(again);
      for (const [at, { gun }] of all.entries()) {
        if (acknowledged[at] === 0) continue;
        for (const role of ['root', 'targets', 'snapshot', 'timestamp']) {
          const answer = await publisherAt(reader).ask(`/v2/${gun}/_trust/tuf/${role}.json`);
          expect(answer.status).toBe(200);
        }
      }
      again.process.kill('SIGTERM');
      expect(await again.ended).toBe(0);
    },
  );
});
