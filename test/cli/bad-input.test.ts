// What can be wrong around a command, each with one coded error, its exit status, and nothing on stdout.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestAuthority } from '../remote/authority.ts';
import {
  answer,
  authority,
  closeServers,
  quickLimits,
  temporaryDirectory,
  unusedPort,
} from '../remote/local-servers.ts';
import { RepositorySimulator } from '../simulator/repository.ts';
import { SimulatedTrustServer } from './trust-server.ts';
import { paraph, type Result, type WorldPlan } from './world.ts';

const image = 'registry.test/team/app:1.4';
const yearMs = 365 * 24 * 60 * 60 * 1000;

let homeDir: string;
let app: RepositorySimulator;
let server: SimulatedTrustServer;

beforeEach(async () => {
  homeDir = mkdtempSync(join(tmpdir(), 'paraph-cli-'));
  app = new RepositorySimulator('registry.test/team/app');
  app.tag('1.4');
  app.publish();
  server = await SimulatedTrustServer.start(app);
});
afterEach(() => {
  closeServers();
  rmSync(homeDir, { recursive: true, force: true });
});

function verify(flags: readonly string[] = server.flags, plan: WorldPlan = {}): Promise<Result> {
  return paraph(['verify', image, ...flags], {
    homeDir,
    nowMs: () => app.nowMs,
    timeLimits: quickLimits,
    ...plan,
  });
}

async function expectRefusal(
  refusal: Promise<Result>,
  code: string,
  status: number,
): Promise<string> {
  const result = await refusal;
  expect({ ...result, stderr: result.stderr.match(/\[[A-Z_]+\]/g) }).toEqual({
    status,
    stdout: '',
    stderr: [`[${code}]`],
  });
  return result.stderr;
}

describe('the address of the trust server', () => {
  it('where nobody listens: UNREACHABLE, exit 6', async () => {
    const url = `https://localhost:${await unusedPort()}`;
    expect(await expectRefusal(verify(['--server', url]), 'UNREACHABLE', 6)).toContain(url);
  });

  it('that does not resolve: UNREACHABLE, exit 6', async () => {
    const flags = ['--server', 'https://no-such-host.invalid'];
    await expectRefusal(verify(flags, { timeLimits: {} }), 'UNREACHABLE', 6);
  });

  it.each(['http://localhost:1', 'localhost:4443', 'https://user:secret@localhost', '::', 'foo'])(
    '%s: CONFIG_INVALID, exit 2, naming where it was given, and no password in it',
    async (url) => {
      const text = await expectRefusal(verify(['--server', url]), 'CONFIG_INVALID', 2);
      const host = ['localhost:4443', 'foo'].includes(url) ? url : 'HOST:PORT';
      expect(text).toContain(`Write --server https://${host}.`);
      expect(text).toMatch(/: (--server \S+|the value of --server) is not an https URL \[/);
      expect(text).not.toMatch(/secret|DOCKER_CONTENT_TRUST_SERVER/);
      const env = { DOCKER_CONTENT_TRUST_SERVER: url };
      const named = await expectRefusal(verify([], { env }), 'CONFIG_INVALID', 2);
      expect(named).toContain('DOCKER_CONTENT_TRUST_SERVER');
      expect(named).not.toMatch(/secret|--server/);
    },
  );

  it('that nobody named: the error says which was asked, and names the variable', async () => {
    const hint = 'DOCKER_CONTENT_TRUST_SERVER is not set';
    const flags = ['--tls-ca', server.caFile];
    expect(await expectRefusal(verify(flags), 'UNREACHABLE', 6)).toContain(hint);
    server.interfere = (_, response) => (answer(response, 404), true);
    expect(await expectRefusal(verify(), 'NO_TRUST_DATA', 4)).not.toContain(hint);
  });

  it('comes from DOCKER_CONTENT_TRUST_SERVER, which a flag overrides', async () => {
    const env = { DOCKER_CONTENT_TRUST_SERVER: server.url };
    expect(await verify(['--tls-ca', server.caFile], { env })).toMatchObject({ status: 0 });
    const wrong = { DOCKER_CONTENT_TRUST_SERVER: `https://localhost:${await unusedPort()}` };
    expect(await verify(server.flags, { env: wrong })).toMatchObject({ status: 0 });
  });
});

describe('the authority', () => {
  it('that did not issue the certificate: TLS_UNTRUSTED, exit 6, saying where to put the right one', async () => {
    const caFile = join(temporaryDirectory(), 'foreign.crt');
    writeFileSync(caFile, new TestAuthority('foreign').pem);
    const text = await expectRefusal(
      verify(['--server', server.url, '--tls-ca', caFile]),
      'TLS_UNTRUSTED',
      6,
    );
    expect(text).toContain('ca.crt');
    await expectRefusal(verify(['--server', server.url]), 'TLS_UNTRUSTED', 6);
  });

  it('in docker’s place for the host is found', async () => {
    const place = join(homeDir, '.docker/tls', new URL(server.url).host);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'ca.crt'), authority.pem);
    expect(await verify(['--server', server.url])).toMatchObject({ status: 0 });
  });

  it('file that is missing: USAGE; that is none: CONFIG_INVALID; both exit 2', async () => {
    const missing = join(homeDir, 'missing.crt');
    await expectRefusal(verify(['--server', server.url, '--tls-ca', missing]), 'USAGE', 2);
    writeFileSync(missing, 'no certificate');
    await expectRefusal(verify(['--server', server.url, '--tls-ca', missing]), 'CONFIG_INVALID', 2);
  });
});

type Answering = (response: ServerResponse, request: IncomingMessage) => void;

describe('a server that answers', () => {
  const html: Answering = (response) =>
    answer(response, 200, '<!DOCTYPE html><title>Login</title>', { 'content-type': 'text/html' });
  const endless: Answering = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, '{'))) continue;
    };
    response.on('drain', more);
    more();
  };
  const dripping: Answering = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };

  it.each<readonly [string, string, number, Answering]>([
    ['with a web page', 'NOT_A_TRUST_SERVER', 6, html],
    ['401', 'UNAUTHORIZED', 7, (response) => answer(response, 401, '{}')],
    ['403', 'FORBIDDEN', 7, (response) => answer(response, 403, '{}')],
    ['404', 'NO_TRUST_DATA', 4, (response) => answer(response, 404, '{}')],
    ['429', 'RATE_LIMITED', 6, (response) => answer(response, 429, '{}')],
    ['500', 'SERVER_ERROR', 6, (response) => answer(response, 500, '{}')],
    ['with a redirect to nowhere', 'SERVER_ERROR', 6, (response) => answer(response, 302)],
    [
      'with JSON that is no metadata',
      'METADATA_INVALID',
      3,
      (response) => answer(response, 200, '{}'),
    ],
    ['with half a document', 'JSON_INVALID', 3, (response) => answer(response, 200, '{"signed":{')],
    ['never', 'TIMEOUT', 6, () => undefined],
    ['a byte at a time', 'TIMEOUT', 6, dripping],
    ['by closing the connection', 'UNREACHABLE', 6, (_, request) => request.socket.destroy()],
    ['without an end', 'RESPONSE_TOO_LARGE', 3, endless],
  ])('%s: %s, exit %i, and nothing is kept', async (_, code, status, answering) => {
    server.interfere = (request, response) => {
      // A root may have 100 MB, so that an endless one takes long; a timestamp may not.
      if (answering === endless && !request.url?.endsWith('timestamp.json')) return false;
      answering(response, request);
      return true;
    };
    await expectRefusal(verify(), code, status);
    expect(existing(join(homeDir, '.docker/trust/tuf'))).toEqual([]);
  });
});

describe('this machine', () => {
  it('with a clock years behind or ahead: exit 5, with both times', async () => {
    for (const gapMs of [-3 * yearMs, 4 * yearMs, 12 * yearMs]) {
      const { status, stdout, stderr } = await verify(server.flags, {
        nowMs: () => app.nowMs + gapMs,
      });
      expect({ status, stdout }, stderr).toEqual({ status: 5, stdout: '' });
      expect(stderr).toMatch(/\[(METADATA_EXPIRED|CERTIFICATE_EXPIRED)\]/);
      expect(stderr).toContain(new Date(app.nowMs + gapMs).toISOString().slice(0, 10));
    }
  });

  it('with a damaged cache: repaired where it can be fetched again', async () => {
    await verify();
    for (const role of ['timestamp', 'snapshot', 'targets']) {
      writeFileSync(cached(role), '{"damaged');
      const { status, stderr } = await verify();
      expect({ status, stderr: stderr.split(':').at(-1) }, role).toMatchObject({ status: 0 });
    }
  });

  it('with a damaged root in the cache: what is remembered of it stands in', async () => {
    await verify();
    writeFileSync(cached('root'), '{"damaged');
    const { status, stderr } = await verify();
    expect({ status }).toEqual({ status: 0 });
    expect(stderr).toContain('root file was damaged');
  });

  it('with a file where the trust directory should be: DISK, exit 10', async () => {
    const file = join(homeDir, 'file');
    writeFileSync(file, '');
    await expectRefusal(verify([...server.flags, '--trust-dir', file]), 'DISK', 10);
  });

  function cached(role: string): string {
    return join(homeDir, '.docker/trust/tuf/registry.test/team/app/metadata', `${role}.json`);
  }
});

describe('a repository that was made anew', () => {
  it('is refused: ROOT_CHANGED, exit 3, with both roots and the words of Go', async () => {
    await verify();
    const other = new RepositorySimulator(app.gun);
    other.tag('1.4');
    other.publish();
    const impostor = await SimulatedTrustServer.start(other);
    const text = await expectRefusal(verify(impostor.flags), 'ROOT_CHANGED', 3);
    expect(text).toMatch(
      /^error: registry\.test\/team\/app:1\.4: the root of trust changed \[ROOT_CHANGED\]$/m,
    );
    expect(text).toMatch(/^ {2}trusted {3}[0-9a-f]{7} {2}since /m);
    expect(text).toMatch(/^ {2}offered {3}[0-9a-f]{7} {2}root version 1/m);
    expect(text).toMatch(/notary and docker say: could not validate the path to a trusted root/);
    expect(await verify()).toMatchObject({ status: 0 });
  });
});

function existing(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
