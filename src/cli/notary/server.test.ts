// Who answers at the address of the trust server, and what is said of an address.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTrustServer } from '../../../test/cli/trust-server.ts';
import { notary, type Result, type WorldPlan } from '../../../test/cli/world.ts';
import { answer, closeServers } from '../../../test/remote/local-servers.ts';
import { RepositorySimulator } from '../../../test/simulator/repository.ts';

const gun = 'registry.test/team/app';

let homeDir: string;
let app: RepositorySimulator;
let server: SimulatedTrustServer;

beforeEach(async () => {
  homeDir = mkdtempSync(join(tmpdir(), 'notary-server-'));
  mkdirSync(join(homeDir, '.notary'));
  app = new RepositorySimulator(gun);
  app.tag('v1', 'content');
  app.publish();
  server = await SimulatedTrustServer.start(app);
  configure({ url: server.url, root_ca: server.caFile });
});
afterEach(() => {
  closeServers();
  rmSync(homeDir, { recursive: true, force: true });
});

function configure(remote: Readonly<Record<string, unknown>>): void {
  writeFileSync(join(homeDir, '.notary/config.json'), JSON.stringify({ remote_server: remote }));
}

function run(words: string, plan: WorldPlan = {}): Promise<Result> {
  const env = { HOME: homeDir };
  return notary(words.split(' '), { homeDir, nowMs: () => app.nowMs, env, ...plan });
}

// Go goes on with the cache: whoever stands in the way with any certificate keeps a machine on old versions, unnoticed.
describe('a server that is there and not the right one', () => {
  const commands = [`list ${gun}`, `lookup ${gun} v1`, `verify ${gun} v1`];

  it.each(commands)(
    'is no reason to take the cache: %s, with another certificate',
    async (command) => {
      expect((await run(command, { input: 'content' })).status).toBe(0);
      server.asked.length = 0;
      configure({ url: server.url });
      const { status, stdout, stderr } = await run(command, { input: 'content' });
      expect(status).toBe(1);
      expect(stdout).toMatch(
        /^\n\* fatal: .*tls: failed to verify certificate: x509: certificate signed by unknown authority\n$/,
      );
      expect(stderr).toContain('could not reach');
      expect(stderr).toContain('TLS_UNTRUSTED');
      expect(server.asked).toEqual([]);
    },
  );

  it('is none either when it answers as another service does', async () => {
    await run(`list ${gun}`);
    server.interfere = (_request, response) => {
      answer(response, 404, 'no');
      return true;
    };
    const { status, stdout, stderr } = await run(`list ${gun}`);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^\n\* fatal: .* status 404\n$/);
    expect(stderr).toContain('NOT_A_TRUST_SERVER');
  });

  it('does not keep from work that needs none', async () => {
    configure({ url: server.url });
    expect(await run(`status ${gun}`)).toMatchObject({ status: 0 });
  });
});

describe('an address that may hold a secret', () => {
  it.each([
    'https://user:geheim@localhost:1',
    'https://:geheim@localhost:1',
    'https://user:geheim@localhost:port',
    'user:geheim@localhost',
    'localhost/geheim@x',
    'https://localhost:1/?token=geheim',
    'https://localhost:1/#geheim',
    'localhost?geheim',
  ])('is refused before anything is said of it: %s', async (url) => {
    configure({ url, root_ca: server.caFile, skipTLSVerify: true });
    for (const command of [
      `list ${gun}`,
      `publish ${gun}`,
      `delete ${gun} --remote`,
      `status ${gun}`,
    ]) {
      const { stdout, stderr } = await run(`${command} -v`);
      expect(stdout + stderr).not.toContain('geheim');
    }
    const { status, stdout, stderr } = await run(`list ${gun}`);
    expect(status).toBe(1);
    expect(stdout).toContain('what is configured');
    expect(stderr).not.toContain('is not verified');
  });
});
