// The commands that stage and publish, against a whole trust server in this process.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Publishing, startPublishing } from '../../../test/cli/publishing.ts';
import { notary, type Result, type WorldPlan } from '../../../test/cli/world.ts';

const gun = 'registry.test/team/app';
const passphrases = {
  NOTARY_ROOT_PASSPHRASE: 'root passphrase',
  NOTARY_TARGETS_PASSPHRASE: 'targets passphrase',
  NOTARY_SNAPSHOT_PASSPHRASE: 'snapshot passphrase',
  NOTARY_DELEGATION_PASSPHRASE: 'delegation passphrase',
};

let publishing: Publishing;
let homeDir: string;

beforeEach(async () => {
  publishing = await startPublishing();
  ({ homeDir } = publishing);
  mkdirSync(join(homeDir, '.notary'));
  writeFileSync(join(homeDir, 'ca.crt'), publishing.stack.tls.cert);
  configure(publishing.stack.trustServer);
  writeFileSync(join(homeDir, 'v1'), 'content of v1');
});
afterEach(() => publishing.close());

function configure(url: string): void {
  const config = { remote_server: { url, root_ca: '../ca.crt' } };
  writeFileSync(join(homeDir, '.notary/config.json'), JSON.stringify(config));
}

function run(words: string, plan: WorldPlan = {}): Promise<Result> {
  const env = { HOME: homeDir, ...passphrases, ...plan.env };
  return notary(words.split(' '), { homeDir, ...plan, env });
}

/** For what must succeed; what it printed. */
async function must(words: string, plan: WorldPlan = {}): Promise<string> {
  const { status, stdout, stderr } = await run(words, plan);
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

const trustDir = (...names: readonly string[]): string => join(homeDir, '.notary', ...names);
const staged = (): readonly string[] => readdirSync(trustDir('tuf', gun, 'changelist'));

describe('a repository', () => {
  it('is made, published, added to and removed from', async () => {
    expect(await must(`init ${gun}`)).toBe('');
    expect(readdirSync(trustDir('tuf', gun, 'metadata')).toSorted()).toEqual([
      'root.json',
      'snapshot.json',
      'targets.json',
    ]);
    expect(await must(`publish ${gun}`)).toBe(
      `Pushing changes to ${gun}\nSuccessfully published changes for repository ${gun}\n`,
    );
    expect(await must(`add ${gun} v1 v1 -p`)).toBe(
      [
        `Addition of target "v1" to repository "${gun}" staged for next publish.`,
        `Auto-publishing changes to ${gun}`,
        `Successfully published changes for repository ${gun}`,
        '',
      ].join('\n'),
    );
    expect(staged()).toEqual([]);
    expect(await must(`verify ${gun} v1`, { input: 'content of v1' })).toBe('content of v1');
    await must(`remove ${gun} v1 -p`);
    expect((await run(`lookup ${gun} v1`)).stdout).toContain('No valid trust data for v1');
  });

  it('is begun by -p in one go, with the root key that is there', async () => {
    await must(`init ${gun} -p`);
    const out = await must('init registry.test/team/other -p');
    const keys = await must('key list');
    const [, root] = /^root +([0-9a-f]{64})/m.exec(keys) ?? [];
    expect(out).toBe(
      [
        `Root key found, using: ${root}`,
        'Auto-publishing changes to registry.test/team/other',
        'Successfully published changes for repository registry.test/team/other',
        '',
      ].join('\n'),
    );
    expect(keys.match(/^root /gm)).toHaveLength(1);
  });

  // Go takes any of them, another each time.
  it('has the first of several root keys, always', async () => {
    for (let count = 0; count < 3; count += 1) await must('key generate');
    const roots = [...(await must('key list')).matchAll(/^root +([0-9a-f]{64})/gm)];
    const [first] = roots.map(([, id = '']) => id).toSorted();
    for (const name of ['a', 'b', 'c']) {
      expect(await must(`init registry.test/${name}`)).toBe(`Root key found, using: ${first}\n`);
    }
  });

  // Go overwrites the trusted root, after which every command fails.
  it('that is published already is not begun anew, and nothing of it is touched', async () => {
    await must(`init ${gun} -p`);
    const before = readFileSync(trustDir('tuf', gun, 'metadata/root.json'));
    const { status, stdout, stderr } = await run(`init ${gun}`);
    expect(status).toBe(1);
    expect(stdout).toMatch(/\n\* fatal: .*\n$/);
    expect(stderr).toContain('ALREADY_INITIALISED');
    expect(readFileSync(trustDir('tuf', gun, 'metadata/root.json'))).toEqual(before);
    await must(`add ${gun} v1 v1 -p`);
  });

  it('is not begun when the server is not there, and no key is made', async () => {
    configure('https://localhost:1');
    const { status, stdout } = await run(`init ${gun}`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '\n* fatal: client is offline\n' });
    expect(await must('key list')).toBe('\nNo signing keys found.\n\n');
  });

  it('is forgotten here, then everywhere, and its keys are kept', async () => {
    await must(`init ${gun} -p`);
    expect(await must(`delete ${gun}`)).toBe(
      `Deleting trust data for repository ${gun}\nSuccessfully deleted local trust data for repository ${gun}\n`,
    );
    await must(`list ${gun}`);
    expect(await must(`delete ${gun} --remote`)).toContain('local and remote trust data');
    expect((await run(`list ${gun}`)).stdout).toContain(`does not have trust data for ${gun}`);
    expect(await must('key list')).toMatch(/^targets +registry/m);
  });
});

describe('changes', () => {
  it('are staged without a server, in the order given', async () => {
    configure('https://localhost:1');
    const hash = 'a'.repeat(64);
    await must(`add ${gun} v1 v1 -r targets,targets/a`);
    expect(await must(`addhash ${gun} v2 0x10 --sha256 ${hash}`)).toBe(
      `Addition of target "v2" by sha256 hash to repository "${gun}" staged for next publish.\n`,
    );
    await must(`remove ${gun} v3 -r targets/b`);
    expect(await must(`witness ${gun} targets targets/c`)).toBe(
      'The following roles were successfully marked for witnessing on the next publish:\n\t- targets\n\t- targets/c\n',
    );
    await must(`delegation remove ${gun} targets/d abc --paths b,a`);
    await must(`delegation remove ${gun} targets/e --all-paths`);
    await must(`delegation purge ${gun} --key ${hash},b`);
    expect(await must(`status ${gun}`)).toBe(
      [
        `Unpublished changes for ${gun}:`,
        '',
        '#    ACTION    SCOPE        TYPE          PATH',
        '-    ------    -----        ----          ----',
        '0    create    targets      target        v1',
        '1    create    targets/a    target        v1',
        '2    create    targets      target        v2',
        '3    delete    targets/b    target        v3',
        '4    update    targets      witness       ',
        '5    update    targets/c    witness       ',
        '6    update    targets/d    delegation    ',
        '7    update    targets/d    delegation    ',
        '8    update    targets/e    delegation    ',
        '9    update    targets/*    delegation    ',
        '',
      ].join('\n'),
    );
  });

  it('of which one role cannot be are not staged at all', async () => {
    for (const words of [
      `add ${gun} v1 v1 -r targets,snapshot`,
      `remove ${gun} v1 -r targets,root`,
      `witness ${gun} targets timestamp`,
      `delegation remove ${gun} targets/UP -y`,
    ]) {
      expect(await run(words)).toMatchObject({ status: 1 });
    }
    expect(await must(`status ${gun}`)).toBe(`No unpublished changes for ${gun}\n`);
  });

  it('that were not published stay, and say why', async () => {
    await must(`init ${gun} -p`);
    await must(`add ${gun} v1 v1`);
    await must(`add ${gun} v1 v1 -r targets/none`);
    const { status, stdout, stderr } = await run(`publish ${gun}`);
    expect(status).toBe(1);
    expect(stdout).toContain('* fatal: tuf: invalid role targets/none');
    expect(stderr).toContain('ROLE_INVALID');
    expect(staged()).toHaveLength(2);
    expect((await run(`lookup ${gun} v1`)).status).toBe(1);
  });

  it('are reset by the numbers that status shows, whatever cannot be read', async () => {
    for (const name of ['a', 'b', 'c']) await must(`add ${gun} ${name} v1`);
    const [first = ''] = staged();
    writeFileSync(trustDir('tuf', gun, 'changelist', first), 'damaged');
    const status = await run(`status ${gun}`);
    expect(status.stdout).toContain('\n1    create    targets    target    b\n');
    expect(status.stderr).toContain(`change 0, ${first}, cannot be read`);
    expect(await must(`reset ${gun} -n 1`)).toBe(
      `Successfully reset specified changes for repository ${gun}\n`,
    );
    expect((await run(`status ${gun}`)).stdout).not.toContain(' b\n');
    expect((await run(`status ${gun}`)).stdout).toContain(' c\n');
  });

  // Go reports success, and an automation believes that a change is gone.
  it('are not said to be reset when there are none of that number', async () => {
    await must(`add ${gun} a v1`);
    for (const number of ['1', '0,7', '-1']) {
      expect(await run(`reset ${gun} -n=${number}`)).toMatchObject({
        status: 1,
        stdout: expect.stringContaining('there is no staged change with number'),
      });
    }
    expect(staged()).toHaveLength(1);
    await must(`reset ${gun} --all`);
    expect(staged()).toEqual([]);
  });

  it('go along with the JSON of --custom, or not at all', async () => {
    writeFileSync(join(homeDir, 'good'), '{"b": [1, "<&>"], "a": null}');
    writeFileSync(join(homeDir, 'bad'), '{"b": 1, "b": 2}');
    writeFileSync(join(homeDir, 'float'), '{"b": 1.5}');
    await must(`init ${gun} -p`);
    await must(`add ${gun} v1 v1 --custom good -p`);
    await must(`verify ${gun} v1 -i v1`);
    for (const file of ['bad', 'float', 'nowhere', '.']) {
      expect(await run(`add ${gun} v1 v1 --custom ${file}`)).toMatchObject({ status: 1 });
    }
    expect(staged()).toEqual([]);
  });
});

describe('a whole delegation', () => {
  it('is removed only after a yes', async () => {
    const question = '\nAre you sure you want to remove all data for this delegation? (yes/no)\n';
    for (const input of ['no\n', '', 'yes please\n', '\nyes\n']) {
      expect(await run(`delegation remove ${gun} targets/a`, { input })).toMatchObject({
        status: 1,
        stdout: `${question}* fatal: Aborting action.\n`,
        stderr: '',
      });
    }
    const done = `\nForced removal (including all keys and paths) of delegation role targets/a to repository "${gun}" staged for next publish.\n\n`;
    for (const input of ['yes\n', ' Y \n', 'YES']) {
      expect(await must(`delegation remove ${gun} targets/a`, { input })).toBe(question + done);
    }
    expect(await must(`delegation remove ${gun} targets/a -y`)).toBe(
      `${question}Confirmed \`yes\` from flag\n${done}`,
    );
  });
});
