// The commands that read, against a trust server over real HTTPS that answers for a simulated repository.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTrustServer } from '../../../test/cli/trust-server.ts';
import { notary, type Result, type WorldPlan } from '../../../test/cli/world.ts';
import { answer, closeServers, unusedPort } from '../../../test/remote/local-servers.ts';
import { RepositorySimulator } from '../../../test/simulator/repository.ts';

const gun = 'registry.test/team/app';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let homeDir: string;
let app: RepositorySimulator;
let server: SimulatedTrustServer;

beforeEach(async () => {
  homeDir = mkdtempSync(join(tmpdir(), 'notary-cli-'));
  mkdirSync(join(homeDir, '.notary'));
  app = new RepositorySimulator(gun);
  app.tag('v1', 'content');
  app.publish();
  server = await SimulatedTrustServer.start(app);
  configure({});
});
afterEach(() => {
  closeServers();
  rmSync(homeDir, { recursive: true, force: true });
});

function configure(more: Readonly<Record<string, unknown>>, url = server.url): void {
  const remote = { url, root_ca: server.caFile };
  const config = { remote_server: remote, ...more };
  writeFileSync(join(homeDir, '.notary/config.json'), JSON.stringify(config));
}

function run(words: string, plan: WorldPlan = {}): Promise<Result> {
  const env = { HOME: homeDir, ...plan.env };
  return notary(words.split(' '), { homeDir, nowMs: () => app.nowMs, ...plan, env });
}

describe('list', () => {
  it('prints a table of all targets', async () => {
    app.delegate('targets/releases');
    app.tag('a', 'x', 'targets/releases');
    app.publish();
    expect(await run(`list ${gun}`)).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        `NAME    DIGEST${' '.repeat(62)}SIZE (BYTES)    ROLE`,
        `----    ------${' '.repeat(62)}------------    ----`,
        `a       ${sha256('x')}    1               targets/releases`,
        `v1      ${sha256('content')}    7               targets`,
        '',
      ].join('\n'),
    });
    expect((await run(`list ${gun} -r targets/releases`)).stdout).not.toContain('v1');
  });

  it('says when there is none', async () => {
    const { stdout } = await run(`list ${gun} -r targets/nobody`);
    expect(stdout).toBe('\nNo targets present in this repository.\n\n');
  });

  it('lets no name move the cursor or pose as a row', async () => {
    app.tag('evil\u0085\u202ev9', 'x');
    app.publish();
    const { stdout } = await run(`list ${gun}`);
    expect(stdout).toContain('evil\\u{85}\\u{202e}v9');
    expect(stdout.split('\n')).toHaveLength(5);
  });

  it('fails for what the server does not have', async () => {
    const { status, stdout, stderr } = await run('list registry.test/none');
    const { host } = new URL(server.url);
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: `\n* fatal: ${host} does not have trust data for registry.test/none\n`,
    });
    expect(stderr).toMatch(/^time="[^"]+" level=error msg="NO_TRUST_DATA: .*"\n$/);
  });

  it('refuses what is not signed as it should be, without any row', async () => {
    await run(`list ${gun}`);
    const other = new RepositorySimulator(gun);
    other.tag('v1', 'other');
    other.publish();
    server.interfere = ({ url = '' }, response) => {
      const [, file = ''] = /_trust\/tuf\/(.*)\.json$/.exec(url) ?? [];
      if (file !== 'timestamp') return false;
      answer(response, 200, other.files.get('timestamp') ?? '');
      return true;
    };
    const { status, stdout, stderr } = await run(`list ${gun}`);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^\n\* fatal: /);
    expect(stderr).toMatch(/msg="(?:THRESHOLD_UNMET|ROOT_CHANGED|KEY_ID_MISMATCH): /);
  });
});

describe('lookup', () => {
  it('prints name, digest and size', async () => {
    expect((await run(`lookup ${gun} v1`)).stdout).toBe(`v1 sha256:${sha256('content')} 7\n`);
  });

  it('fails for a target that nobody lists', async () => {
    const { status, stdout } = await run(`lookup ${gun} __proto__`);
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: '\n* fatal: No valid trust data for __proto__\n',
    });
  });
});

describe('verify', () => {
  it('passes content on that is what was signed', async () => {
    const plan = { input: 'content' };
    expect(await run(`verify ${gun} v1`, plan)).toMatchObject({ status: 0, stdout: 'content' });
    expect(await run(`verify ${gun} v1 -q`, plan)).toMatchObject({ status: 0, stdout: '' });
  });

  it('reads and writes files, for the user alone', async () => {
    writeFileSync(join(homeDir, 'in'), 'content');
    expect(await run(`verify ${gun} v1 -i in -o out`)).toMatchObject({ status: 0, stdout: '' });
    expect(readFileSync(join(homeDir, 'out'), 'utf8')).toBe('content');
    expect(statSync(join(homeDir, 'out')).mode & 0o777).toBe(0o600);
  });

  it('passes nothing on of any other content', async () => {
    const { status, stdout } = await run(`verify ${gun} v1 -o out`, { input: 'content ' });
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: `\n* fatal: data not present in the trusted collection, sha256 checksum for v1 did not match: expected ${sha256('content')}\n`,
    });
    expect(existsSync(join(homeDir, 'out'))).toBe(false);
  });

  it('wants every hash to fit, and one at least', async () => {
    const wrong = new Map([
      ['sha256', createHash('sha256').update('content').digest()],
      ['sha512', Buffer.alloc(64)],
    ]);
    const draft = app.targets('targets');
    draft.targets = draft.targets.with(
      new Map([
        ['two', { length: 7, hashes: wrong }],
        ['odd', { length: 7, hashes: new Map([['md5', Buffer.alloc(16)]]) }],
      ]),
    );
    app.publish();
    const two = await run(`verify ${gun} two`, { input: 'content' });
    expect(two).toMatchObject({ status: 1, stdout: expect.stringContaining('sha512 checksum') });
    const odd = await run(`verify ${gun} odd`, { input: 'content' });
    expect(odd.stdout).toContain('checksums for supported algorithms were not provided');
  });

  it('names the target whatever fails', async () => {
    const { stdout } = await run(`verify ${gun} none`, { input: '' });
    expect(stdout).toBe(
      '\n* fatal: error retrieving target by name:none, error:No valid trust data for none\n',
    );
    const { stdout: missing } = await run(`verify ${gun} v1 -i nowhere`);
    expect(missing).toBe('\n* fatal: open nowhere: no such file or directory\n');
  });
});

describe('delegation list', () => {
  it('has rows of their own for more paths and keys', async () => {
    const key = app.newKey('targets/a');
    app.delegate('targets/a', ['b/', ''], 1, [key, app.newKey('targets/a')]);
    app.publish();
    const { stdout } = await run(`delegation list ${gun}`);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('');
    expect(lines[1]).toMatch(/^ROLE {9}PATHS {13}KEY IDS {61}THRESHOLD$/);
    expect(lines[3]).toMatch(/^targets\/a {4}"" <all paths> {4}[0-9a-f]{64} {4}1$/);
    expect(lines[4]).toMatch(/^ {13}b\/ {16}[0-9a-f]{64} {4}$/);
    expect(stdout).toContain(key.key.canonicalId);
  });

  it('says when there are none, and what failed', async () => {
    expect((await run(`delegation list ${gun}`)).stdout).toBe(
      '\n\nNo delegations present in this repository.\n\n\n',
    );
    expect((await run('delegation list none')).stdout).toContain(
      '* fatal: Error retrieving delegation roles for repository none: ',
    );
  });
});

describe('without a server', () => {
  it('the cache serves, with an error in the log, until its timestamp runs out', async () => {
    await run(`list ${gun}`);
    const port = await unusedPort();
    configure({}, `https://localhost:${port}/base`);
    const { status, stdout, stderr } = await run(`lookup ${gun} v1`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `v1 sha256:${sha256('content')} 7\n` });
    expect(stderr).toContain(
      `level=error msg="could not reach https://localhost:${port}/base: Get \\"https://localhost:${port}/base/v2/\\": dial tcp `,
    );
    expect(stderr).toContain('level=warning');
    expect(stderr).not.toContain('offline mode');
    expect((await run(`list ${gun} -v`)).stderr).toContain('msg="continuing in offline mode"');
    app.nowMs += 15 * 24 * 3600 * 1000;
    expect(await run(`lookup ${gun} v1`)).toMatchObject({ status: 1 });
  });

  it('and without a cache it says that it is offline', async () => {
    configure({}, `https://localhost:${await unusedPort()}`);
    const { status, stdout, stderr } = await run(`list ${gun}`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '\n* fatal: client is offline\n' });
    expect(stderr).toContain('UNREACHABLE');
  });

  it('and with a cache, the log says how old it is and until when it serves', async () => {
    await run(`list ${gun}`);
    configure({}, `https://localhost:${await unusedPort()}`);
    app.nowMs += 3 * 24 * 3600 * 1000;
    const { stderr } = await run(`list ${gun}`);
    expect(stderr).toMatch(
      /using cached timestamp - this might not be the latest version available remotely: fetched 20\d\d-\d\d-\d\d \d\d:\d\d UTC, 3 days ago; good until 20\d\d-\d\d-\d\d \d\d:\d\d UTC, in 11 days/,
    );
  });

  it.each([500, 503, 429, 302])('one that answers %d is none', async (code) => {
    refuseWith(code);
    const { stdout, stderr } = await run(`list ${gun}`);
    expect(stdout).toBe('\n* fatal: client is offline\n');
    expect(stderr).toContain('could not reach');
  });
});

function refuseWith(code: number): void {
  server.interfere = (_request, response) => {
    answer(response, code, 'no', { location: '/elsewhere' });
    return true;
  };
}

describe('the connection', () => {
  it('is not verified where the configuration says so, with a warning each time', async () => {
    configure({ remote_server: { url: server.url, skipTLSVerify: true } });
    const { status, stderr } = await run(`list ${gun}`);
    expect(status).toBe(0);
    expect(stderr).toContain('skipTLSVerify');
  });

  it.each([
    ['-s foo', 'Trust server url has to be in the form of http(s)://URL:PORT. Got: foo'],
    ['-s https://a^b', 'Could not parse remote trust server url (https://a^b)'],
    ['-s http://example.com', 'valid https URL required for trust server'],
    ['-s https://u:geheim@example.com', 'valid https URL required for trust server'],
    ['--tlscert x', 'either pass both client key and cert, or neither'],
    ['--tlskey x', 'either pass both client key and cert, or neither'],
    ['--tlscacert nowhere', 'unable to configure TLS: '],
    ['--tlscert nowhere --tlskey nowhere', 'unable to configure TLS: '],
  ])('is not opened with %s', async (flags, problem) => {
    const { status, stdout, stderr } = await run(`list ${gun} ${flags}`);
    expect(status).toBe(1);
    expect(stdout).toContain(`\n* fatal: ${problem}`);
    expect(stderr).not.toContain('geheim');
    expect(server.asked).toEqual([]);
  });
});

describe('a login', () => {
  const NOTARY_AUTH = Buffer.from('ci:s3cret: of the test \n').toString('base64');
  const shown: (string | undefined)[] = [];

  beforeEach(() => {
    shown.length = 0;
    server.interfere = ({ headers, url }, response) => {
      shown.push(headers.authorization);
      const wanted = `Basic ${Buffer.from('ci:s3cret: of the test').toString('base64')}`;
      if (headers.authorization === wanted || url === '/v2/') return false;
      answer(response, 401, '{}', { 'www-authenticate': 'Basic realm="trust"' });
      return true;
    };
  });

  it('is sent only when the server wants one', async () => {
    const { status } = await run(`list ${gun}`, { env: { NOTARY_AUTH } });
    expect(status).toBe(0);
    expect(shown.slice(0, 2)).toEqual([undefined, undefined]);
  });

  it('is asked for on stdout, and read from stdin', async () => {
    const { status, stdout } = await run(`lookup ${gun} v1`, {
      input: 'ci\ns3cret: of the test\nrest',
    });
    expect(status).toBe(0);
    expect(stdout).toBe(`Enter username: Enter password: \nv1 sha256:${sha256('content')} 7\n`);
  });

  it('that is not given is not invented', async () => {
    const { status, stdout } = await run(`lookup ${gun} v1`, { input: '\n' });
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout:
        'Enter username: \n* fatal: you are not authorized to perform this operation: server returned 401.\n',
    });
  });

  it('that is wrong or unreadable is refused and not repeated', async () => {
    for (const value of [Buffer.from('ci:geheim').toString('base64'), 'geheim', 'OmdlaGVpbQ==']) {
      const result = await run(`list ${gun} -D`, { env: { NOTARY_AUTH: value } });
      expect(result.status).toBe(1);
      expect(result.stdout + result.stderr).not.toContain(value);
      expect(result.stdout + result.stderr).not.toContain('geheim');
    }
  });
});

describe('pins', () => {
  const rootCertificate = (): string => app.signers.get('root')?.[0]?.key.id ?? '';

  it('admit the root that they name', async () => {
    configure({ trust_pinning: { certs: { [gun]: [rootCertificate()] }, disable_tofu: true } });
    expect((await run(`list ${gun}`)).status).toBe(0);
  });

  it('refuse any other, and first use where that is switched off', async () => {
    configure({ trust_pinning: { certs: { 'registry.test/*': ['0'.repeat(64)] } } });
    const pinned = await run(`list ${gun}`);
    expect(pinned.status).toBe(1);
    expect(pinned.stderr).toContain('PIN_MISMATCH');
    configure({ trust_pinning: { disable_tofu: true } });
    const first = await run(`list ${gun}`);
    expect(first.status).toBe(1);
    expect(first.stderr).toContain('PIN_REQUIRED');
  });
});
