import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTrustServer } from '../../../test/cli/trust-server.ts';
import { paraph, type Result } from '../../../test/cli/world.ts';
import { closeServers } from '../../../test/remote/local-servers.ts';
import { RepositorySimulator } from '../../../test/simulator/repository.ts';

let homeDir: string;
let app: RepositorySimulator;
let server: SimulatedTrustServer;

beforeEach(async () => {
  homeDir = mkdtempSync(join(tmpdir(), 'paraph-pins-'));
  mkdirSync(join(homeDir, '.docker/trust'), { recursive: true });
  app = new RepositorySimulator('registry.test/team/app');
  app.tag('1.4');
  app.publish();
  server = await SimulatedTrustServer.start(app);
});
afterEach(() => {
  closeServers();
  rmSync(homeDir, { recursive: true, force: true });
});

function verify(...flags: readonly string[]): Promise<Result> {
  const words = ['verify', 'registry.test/team/app:1.4', ...flags, ...server.flags];
  return paraph(words, { homeDir, nowMs: () => app.nowMs });
}

function pin(trustPinning: object, name = join(homeDir, '.docker/trust/pins.json')): void {
  writeFileSync(name, JSON.stringify({ trust_pinning: trustPinning }));
}

const rootKey = (): string => app.signers.get('root')?.[0]?.key.canonicalId ?? '';

describe('pins of the trust directory', () => {
  it('admit the root that they name, and say why it is trusted', async () => {
    pin({ root_keys: { 'registry.test/*': [rootKey()] }, disable_tofu: true });
    const { status, stderr } = await verify();
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).not.toContain('first use');
  });

  it('refuse any other root, naming the rule', async () => {
    pin({ root_keys: { 'registry.test/*': ['0'.repeat(64)] } });
    const { status, stdout, stderr } = await verify();
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain('[PIN_MISMATCH]');
    expect(stderr).toContain('root_keys "registry.test/*"');
  });

  it('hold for a root that is trusted already, too', async () => {
    expect((await verify()).status).toBe(0);
    pin({ root_keys: { 'registry.test/*': ['0'.repeat(64)] } });
    expect((await verify()).status).toBe(3);
  });

  it('forbid first use where they say so', async () => {
    pin({ disable_tofu: true });
    const { status, stderr } = await verify();
    expect(status).toBe(3);
    expect(stderr).toContain('[PIN_REQUIRED]');
  });

  it('stop everything when they are not understood', async () => {
    pin({ root_key: {} });
    const { status, stderr } = await verify();
    expect(status).toBe(2);
    expect(stderr).toContain('[CONFIG_INVALID]');
  });
});

describe('--pins', () => {
  it('names another file, such as the configuration of notary', async () => {
    const file = join(homeDir, 'notary.json');
    pin({ certs: { 'registry.test/team/app': ['0'.repeat(64)] } }, file);
    expect((await verify('--pins', file)).status).toBe(3);
    expect((await verify()).status).toBe(0);
  });

  it('fails when the file is missing', async () => {
    const { status, stderr } = await verify('--pins', join(homeDir, 'none.json'));
    expect(status).toBe(2);
    expect(stderr).toContain('[USAGE]');
  });
});
