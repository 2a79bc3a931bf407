// Every command that publishes, beside `sign`, killed without warning at the moments that matter. Afterwards the same
// command must do the whole work or find it done, and what was signed before must be there.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPublicKeys } from '../../src/keys/public-key-file.ts';
import { stepsOf } from '../every-step.ts';
import { Killing, type Moment } from './killing.ts';

let killing: Killing;
let count = 0;

beforeAll(async () => {
  killing = await Killing.start();
  for (const name of ['alice', 'bob']) {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(keyFile(name), publicKey.export({ type: 'spki', format: 'pem' }));
  }
});
afterAll(() => killing.close());

const keyFile = (name: string) => join(killing.desk.homeDir, `${name}.pub`);
const signing = (image: string) => [
  'sign',
  image,
  '--digest',
  `sha256:${'a'.repeat(64)}`,
  '--size',
  '739',
];

async function must(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await killing.run(words);
  expect(status, stderr).toBe(0);
  return stdout;
}

async function tagsOf(app: string): Promise<readonly string[]> {
  const view = JSON.parse(await must('inspect', app, '--output', 'json')) as {
    tags: { tag: string; accepted: boolean }[];
  };
  return view.tags.filter(({ accepted }) => accepted).map(({ tag }) => tag);
}

async function signersOf(app: string): Promise<readonly string[]> {
  const view = JSON.parse(await must('signer', 'list', app, '--output', 'json')) as {
    signers: { name: string; releasingKeys: number }[];
  };
  return view.signers.map(({ name, releasingKeys }) => `${name} ${releasingKeys}`);
}

async function stagedAt(app: string): Promise<number> {
  const { stdout } = await killing.desk.run(['status', app, '--output', 'json']);
  return (JSON.parse(stdout) as { staged: unknown[] }).staged.length;
}

const keyIdOf = (name: string) =>
  readPublicKeys(readFileSync(keyFile(name), 'utf8'), Date.now()).canonicalId;

/** Two keys for a role of their own. */
async function delegate(app: string): Promise<void> {
  await must('init', app);
  const keys = ['alice', 'bob'].flatMap((name) => ['--key', keyFile(name)]);
  await must('delegation', 'add', app, 'targets/qa', ...keys, '--all-paths');
}

async function delegationsOf(app: string): Promise<readonly string[]> {
  const view = JSON.parse(await must('delegation', 'list', app, '--output', 'json')) as {
    delegations: { role: string; keys: { id: string }[] }[];
  };
  return view.delegations.map(({ role, keys }) => `${role} ${keys.map(({ id }) => id).join()}`);
}

interface Case {
  readonly command: string;
  readonly words: (app: string) => readonly string[];
  /** What stands before. */
  readonly before: (app: string) => Promise<unknown>;
  /** What must stand afterwards. */
  readonly after: (app: string) => Promise<void>;
  /** Makes keys, so that dying before the upload differs from never having begun. */
  readonly makesKeys?: boolean;
  /** Exit statuses of the second run that say: it was done already. */
  readonly isDone?: readonly number[];
}

const notSigned = 4;
const wrongWords = 2;

const cases: readonly Case[] = [
  {
    command: 'init',
    makesKeys: true,
    words: (app) => ['init', app],
    before: async () => undefined,
    after: async (app) => expect(await tagsOf(app)).toEqual([]),
  },
  {
    command: 'revoke',
    words: (app) => ['revoke', `${app}:1`],
    before: async (app) => [await must(...signing(`${app}:1`)), await must(...signing(`${app}:2`))],
    after: async (app) => expect(await tagsOf(app)).toEqual(['2']),
    isDone: [notSigned],
  },
  {
    command: 'signer add',
    words: (app) => ['signer', 'add', 'alice', app, '--key', keyFile('alice')],
    before: (app) => must(...signing(`${app}:1`)),
    after: async (app) => {
      expect(await signersOf(app)).toEqual(['alice 1']);
      expect(await tagsOf(app)).toEqual(['1']);
    },
  },
  {
    command: 'signer add of a repository that is new',
    makesKeys: true,
    words: (app) => ['signer', 'add', 'alice', app, '--key', keyFile('alice')],
    before: async () => undefined,
    after: async (app) => expect(await signersOf(app)).toEqual(['alice 1']),
  },
  {
    command: 'signer remove',
    words: (app) => ['signer', 'remove', 'alice', app],
    before: async (app) => {
      await must(...signing(`${app}:1`));
      for (const name of ['alice', 'bob']) {
        await must('signer', 'add', name, app, '--key', keyFile(name));
      }
    },
    after: async (app) => {
      expect(await signersOf(app)).toEqual(['bob 1']);
      expect(await tagsOf(app)).toEqual(['1']);
    },
    isDone: [wrongWords],
  },
  {
    command: 'publish',
    words: (app) => ['publish', app],
    before: async (app) => {
      await must(...signing(`${app}:1`));
      await must(...signing(`${app}:2`), '--stage');
      await must('revoke', `${app}:1`, '--stage');
    },
    after: async (app) => {
      expect(await tagsOf(app)).toEqual(['2']);
      expect(await stagedAt(app)).toBe(0);
    },
  },
  {
    command: 'publish of a key that is purged',
    words: (app) => ['publish', app],
    before: async (app) => {
      await delegate(app);
      await must('delegation', 'purge', app, '--key', keyIdOf('bob'), '--stage');
    },
    after: async (app) => {
      expect(await delegationsOf(app)).toEqual([`targets/qa ${keyIdOf('alice')}`]);
      expect(await stagedAt(app)).toBe(0);
    },
  },
  {
    command: 'publish of a key and a delegation that are removed',
    words: (app) => ['publish', app],
    before: async (app) => {
      await delegate(app);
      await must('delegation', 'add', app, 'targets/old', '--key', keyFile('bob'), '--all-paths');
      await must('delegation', 'remove', app, 'targets/qa', '--key', keyIdOf('bob'), '--stage');
      await must('delegation', 'remove', app, 'targets/old', '--yes', '--stage');
    },
    after: async (app) => {
      expect(await delegationsOf(app)).toEqual([`targets/qa ${keyIdOf('alice')}`]);
      expect(await stagedAt(app)).toBe(0);
    },
  },
];

const moments: readonly (Moment & { readonly when: string })[] = [
  {
    when: 'when it may write, before anything is signed',
    method: 'GET',
    path: /\/timestamp\.key$/,
    isAnswered: true,
  },
  { when: 'as the upload arrives', method: 'POST', path: /\/tuf\/$/, isAnswered: false },
  {
    when: 'when the upload is stored and not yet confirmed',
    method: 'POST',
    path: /\/tuf\/$/,
    isAnswered: true,
  },
];

const table = cases.flatMap((one) =>
  stepsOf(moments, ({ method }) => method === 'POST' || one.makesKeys === true).map((moment) => ({
    ...one,
    moment,
    when: moment.when,
  })),
);
const changes = stepsOf([1, 2, 3], (change) => change === 2);

describe('killed', { timeout: 60_000 }, () => {
  it.each(table)('$command, $when: the next run is whole', async (one) => {
    count += 1;
    const app = `${killing.desk.repository}-${count}`;
    await one.before(app);
    await killing.interruptAt(one.words(app), one.moment);
    const again = await killing.run(one.words(app));
    const isStored = one.moment.method === 'POST' && one.moment.isAnswered;
    expect([0, ...(isStored ? (one.isDone ?? []) : [])], again.stderr).toContain(again.status);
    await one.after(app);
  });

  it.each(changes)('publish, at change %i of its directory: nothing is lost', async (change) => {
    const app = `${killing.desk.repository}-publish-${change}`;
    await must(...signing(`${app}:1`));
    await must(...signing(`${app}:2`), '--stage');
    await killing.interruptAtChange(['publish', app], change);
    await must('publish', app);
    expect(await tagsOf(app)).toEqual(['1', '2']);
    expect(await stagedAt(app)).toBe(0);
  });

  it.each(changes)('sign --stage, at change %i: all of it is staged or none', async (change) => {
    const app = `${killing.desk.repository}-stage-${change}`;
    await must(...signing(`${app}:1`));
    await killing.interruptAtChange([...signing(`${app}:2`), '--stage'], change);
    await must('publish', app);
    await must(...signing(`${app}:2`));
    expect(await tagsOf(app)).toEqual(['1', '2']);
  });

  it.each([
    ['as it arrives', false],
    ['when it is done and not yet known', true],
  ] as const)('delete --remote, %s: the next run forgets here too', async (_, isAnswered) => {
    count += 1;
    const app = `${killing.desk.repository}-${count}`;
    await must(...signing(`${app}:1`));
    const words = ['delete', app, '--remote', '--yes'];
    await killing.interruptAt(words, { method: 'DELETE', path: /\/_trust\/tuf\/$/, isAnswered });
    await must(...words);
    expect(await killing.run(['inspect', app])).toMatchObject({ status: notSigned });
    await must(...signing(`${app}:1`));
    expect(await tagsOf(app)).toEqual(['1']);
  });
});
