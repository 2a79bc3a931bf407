// NOTARY_AUTH, notary's way to hand a login to a machine: for the trust server, and for nobody else.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTrustServer } from '../../../test/cli/trust-server.ts';
import { paraph } from '../../../test/cli/world.ts';
import { answer, closeServers } from '../../../test/remote/local-servers.ts';
import { RepositorySimulator } from '../../../test/simulator/repository.ts';

const NOTARY_AUTH = Buffer.from('ci:s3cret of the test').toString('base64');
const image = 'registry.test/team/app:1.4';

let homeDir: string;
let app: RepositorySimulator;
let server: SimulatedTrustServer;

beforeEach(async () => {
  homeDir = mkdtempSync(join(tmpdir(), 'paraph-cli-'));
  app = new RepositorySimulator('registry.test/team/app');
  app.tag('1.4');
  app.publish();
  server = await SimulatedTrustServer.start(app);
  server.interfere = ({ headers }, response) => {
    if (headers.authorization === `Basic ${NOTARY_AUTH}`) return false;
    answer(response, 401, '{}', { 'www-authenticate': 'Basic realm="trust"' });
    return true;
  };
});
afterEach(() => {
  closeServers();
  rmSync(homeDir, { recursive: true, force: true });
});

const verify = (env: Readonly<Record<string, string>>) =>
  paraph(['verify', image, ...server.flags], { homeDir, env, nowMs: () => app.nowMs });

/** Lets `host` ask everybody for a login; what it is shown is put into the list that comes back. */
function asksForLogin(host: SimulatedTrustServer): readonly (string | undefined)[] {
  const shown: (string | undefined)[] = [];
  host.interfere = ({ headers }, response) => {
    shown.push(headers.authorization);
    answer(response, 401, '{}', { 'www-authenticate': 'Basic realm="elsewhere"' });
    return true;
  };
  return shown;
}

describe('NOTARY_AUTH', () => {
  it('is the login for the trust server', async () => {
    const { status, stderr } = await verify({ NOTARY_AUTH });
    expect(status, stderr).toBe(0);
    expect(await verify({ NOTARY_AUTH: '' })).toMatchObject({ status: 7, stdout: '' });
  });

  it('that is no login is refused, and not repeated', async () => {
    const { status, stdout, stderr } = await verify({ NOTARY_AUTH: 'no-such-login' });
    expect({ status, stdout }).toEqual({ status: 7, stdout: '' });
    expect(stderr).toContain('[CREDENTIALS_UNREADABLE]');
    expect(stderr).not.toContain('no-such-login');
    expect(stderr).toContain('or unset it');
  });

  it('is also the login when a variable names the server', async () => {
    const [, url = '', ...tlsFlags] = server.flags;
    const { status, stderr } = await paraph(['verify', image, ...tlsFlags], {
      homeDir,
      env: { NOTARY_AUTH, DOCKER_CONTENT_TRUST_SERVER: url },
      nowMs: () => app.nowMs,
    });
    expect(status, stderr).toBe(0);
  });

  // Whoever writes the name of an image, in a pull request or a chart, chooses its host.
  it.each([
    { named: 'nobody', env: {} },
    { named: 'an empty variable', env: { DOCKER_CONTENT_TRUST_SERVER: '' } },
  ])('is not shown to a host that the image names while $named names a server', async ({ env }) => {
    const shown = asksForLogin(server);
    const words = [
      'verify',
      `${new URL(server.url).host}/whatever/app:1`,
      ...server.flags.slice(2),
    ];
    const { status, stderr } = await paraph(words, { homeDir, env: { ...env, NOTARY_AUTH } });
    expect(status, stderr).toBe(7);
    expect(stderr).toContain('[UNAUTHORIZED]');
    expect(stderr).toContain('NOTARY_AUTH was not sent');
    expect(shown).toEqual([undefined, undefined]);
  });

  it('does not follow where the trust server sends on to', async () => {
    const elsewhere = await SimulatedTrustServer.start();
    const shown = asksForLogin(elsewhere);
    server.interfere = ({ url = '', headers }, response) => {
      const isKnown = headers.authorization === `Basic ${NOTARY_AUTH}`;
      if (isKnown) answer(response, 307, '', { location: `${elsewhere.url}${url}` });
      else answer(response, 401, '{}', { 'www-authenticate': 'Basic realm="trust"' });
      return true;
    };
    const { status, stderr } = await verify({ NOTARY_AUTH });
    expect(status, stderr).toBe(7);
    expect(shown).toEqual([undefined, undefined]);
  });

  it('is not shown to a registry, which asks for a login too', async () => {
    const registry = await SimulatedTrustServer.start();
    const shown = asksForLogin(registry);
    const words = ['sign', `${new URL(registry.url).host}/team/app:1`, ...server.flags];
    const { status, stderr } = await paraph(words, { homeDir, env: { NOTARY_AUTH } });
    expect(status, stderr).toBe(7);
    expect(shown).toEqual([undefined, undefined]);
  });
});
