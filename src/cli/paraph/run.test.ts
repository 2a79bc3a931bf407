import { describe, expect, it } from 'vitest';
import { paraph } from '../../../test/cli/world.ts';
import { commands } from './commands.ts';

describe('help', () => {
  it('is one screen, grouped, and is what no command and --help print too', async () => {
    const { status, stdout, stderr } = await paraph(['help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    for (const line of lines.slice(1)) expect(line.length, line).toBeLessThanOrEqual(80);
    const unwrapped = stdout.replaceAll(/\n {8,}/g, ' ');
    for (const { name } of commands) {
      const [noun = '', verb = ''] = name.split(' ');
      expect(unwrapped).toMatch(new RegExp(`^  ${noun} .*\\b${verb}`, 'm'));
    }
    expect(stdout).toMatchSnapshot();
    expect(await paraph([])).toEqual({ status: 0, stdout, stderr: '' });
    expect(await paraph(['--help'])).toEqual({ status: 0, stdout, stderr: '' });
  });

  it.each(commands)('$name: what it is for, examples, then flags, however asked', async (spec) => {
    const words = spec.name.split(' ');
    const asked = await paraph(['help', ...words]);
    expect(asked).toMatchObject({ status: 0, stderr: '' });
    expect(asked.stdout.split('\n')[0]?.toLowerCase()).toBe(`${spec.summary}.`.toLowerCase());
    expect(asked.stdout.indexOf('Examples')).toBeLessThan(asked.stdout.indexOf('Usage'));
    for (const flag of spec.flags) expect(asked.stdout).toContain(`--${flag.name}`);
    expect(await paraph([...words, '--help'])).toEqual(asked);
    if (!spec.isProgram) expect(await paraph([...words, '-h'])).toEqual(asked);
  });

  it('of a family lists its commands', async () => {
    const { status, stdout } = await paraph(['key']);
    expect(status).toBe(0);
    expect(stdout).toContain('key list');
    expect(stdout).not.toContain('sandbox');
    expect(await paraph(['help', 'key'])).toMatchObject({ stdout });
  });

  it('--version prints name and version', async () => {
    expect(await paraph(['--version'])).toEqual({
      status: 0,
      stdout: 'paraph 0.1.0\n',
      stderr: '',
    });
  });
});

describe('a wrong command line', () => {
  it.each([
    ['an unknown command, with the nearest', ['sgin', 'x'], 'paraph sign'],
    ['an unknown command of a family', ['key', 'lst'], 'paraph key list'],
    ['an unknown help page', ['help', 'verfy'], 'paraph verify'],
    ['an unknown flag, with the nearest', ['sign', 'x:1', '--outptu', 'json'], '--output'],
    ['a missing argument', ['verify'], 'paraph verify --help'],
    ['an argument too many', ['key', 'list', 'x'], 'paraph key list --help'],
    ['a value that is not among the choices', ['key', 'list', '--output', 'xml'], 'text, json'],
    ['a flag without its value', ['inspect', 'x', '--server'], 'paraph inspect --help'],
  ])('%s: exit 2, a code, nothing on stdout', async (_, argv, hint) => {
    const { status, stdout, stderr } = await paraph(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .* \[USAGE\]\n/);
    expect(stderr).toContain(hint);
  });

  it.each([
    ['a switch with a value', ['inspect', 'x', '--quiet=yes'], '--quiet takes no value'],
    ['-V', ['-V'], 'paraph --version'],
    ['version', ['version'], 'paraph --version'],
    ['a root key of three digits', ['sign', 'x/y:1', '--root-key', '123'], 'at least 7 digits'],
    ['a root key that is no ID', ['sign', 'x/y:1', '--root-key', 'my-laptop'], 'at least 7 digits'],
    [
      'a missing file',
      ['verify', 'x/y:1', '--tls-ca', 'no.crt'],
      '--tls-ca no.crt: there is no such file',
    ],
    [
      'missing pins',
      ['verify', 'x/y:1', '--pins', 'no.json'],
      '--pins no.json: there is no such file',
    ],
    [
      'a missing passphrase',
      ['sign', 'x/y:1', '--passphrase-file', 'no'],
      '--passphrase-file no: there is no',
    ],
    [
      'a directory for a file',
      ['verify', 'x/y:1', '--tls-ca', '/'],
      '--tls-ca /: that is a directory',
    ],
  ])('%s: says what is meant, and points to help once', async (_, argv, words) => {
    const { status, stdout, stderr } = await paraph(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/\[USAGE\]\n[^]*^ {2}Examples: paraph (help|\w+ --help)\n$/m);
    expect(stderr.match(/help/g)).toHaveLength(1);
  });

  it.each(['verify', 'inspect'])(
    'a passphrase for %s, which opens no key: no flag is advised',
    async (name) => {
      const { status, stderr } = await paraph([name, 'x/y:1', '--passphrase=correct horse']);
      expect(status).toBe(2);
      expect(stderr).toContain(`paraph ${name} opens no key`);
      expect(stderr).not.toMatch(/correct horse|--passphrase-f/);
    },
  );

  it('is told as JSON when JSON is asked for', async () => {
    const { status, stdout, stderr } = await paraph(['sign', '--output', 'json']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE', exit: 2, causes: [] } });
    const other = await paraph(['sign', '--output=json']);
    expect(JSON.parse(other.stderr)).toMatchObject({ error: { code: 'USAGE' } });
  });

  it.each([['--passphrase=correct horse'], ['--password=correct horse'], ['--pass=correct horse']])(
    '%s: refused without repeating it, with the ways there are',
    async (flag) => {
      const { status, stderr } = await paraph(['sign', 'registry.test/a/b:1', flag]);
      expect(status).toBe(2);
      expect(stderr).not.toContain('correct horse');
      expect(stderr).toContain('--passphrase-file');
      expect(stderr).toContain('DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE');
    },
  );
});
