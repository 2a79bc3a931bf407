// Rotations and changes to delegations, killed without warning at the moments that are theirs; the rest of the way they
// share with the other publishing commands. Afterwards the same command must do the whole work or find it done, with one
// key made and none lost.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPublicKeys } from '../../src/keys/public-key-file.ts';
import { Killing, type Moment } from './killing.ts';

let killing: Killing;
let count = 0;
let bobId: string;
let bobFile: string;

beforeAll(async () => {
  killing = await Killing.start();
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  bobFile = join(killing.desk.homeDir, 'bob.pub');
  writeFileSync(bobFile, pem);
  bobId = readPublicKeys(pem, Date.now()).canonicalId;
});
afterAll(() => killing.close());

async function must(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await killing.run(words);
  expect(status, stderr).toBe(0);
  return stdout;
}

async function signed(): Promise<string> {
  count += 1;
  const app = `${killing.desk.repository}-${count}`;
  await must('sign', `${app}:1`, '--digest', `sha256:${'a'.repeat(64)}`, '--size', '7');
  return app;
}

interface RoleView {
  readonly role: string;
  readonly keys: readonly { readonly id: string; readonly here: boolean }[];
}

/** The role as it is published; the tag must be there. */
async function roleOf(app: string, role: string): Promise<RoleView | undefined> {
  await must('verify', `${app}:1`);
  const { roles } = JSON.parse(await must('inspect', app, '--output', 'json')) as {
    roles: RoleView[];
  };
  return roles.find((view) => view.role === role);
}

async function keysHere(role: string, app: string | null): Promise<readonly string[]> {
  const { stdout } = await killing.desk.run(['key', 'list', '--output', 'json']);
  const { keys } = JSON.parse(stdout) as {
    keys: { id: string; role: string; repository: string | null }[];
  };
  return keys.filter((key) => key.role === role && key.repository === app).map(({ id }) => id);
}

const moments: readonly (Moment & { readonly when: string })[] = [
  { when: 'before a key is made', method: 'GET', path: /\/timestamp\.key$/, isAnswered: true },
  {
    when: 'with a key made, as the upload arrives',
    method: 'POST',
    path: /\/tuf\/$/,
    isAnswered: false,
  },
  {
    when: 'when the new key counts and nobody knows yet',
    method: 'POST',
    path: /\/tuf\/$/,
    isAnswered: true,
  },
];
const stored = moments[2] ?? { method: 'POST', path: /\/tuf\/$/, isAnswered: true };

describe('killed', { timeout: 60_000 }, () => {
  it.each(moments)('key rotate targets, $when: one new key, and the old one gone', async (at) => {
    const app = await signed();
    const before = await keysHere('targets', app);
    const words = ['key', 'rotate', app, 'targets'];
    await killing.interruptAt(words, at);
    const between = await roleOf(app, 'targets');
    expect(between?.keys).toMatchObject([{ here: true }]);
    await must(...words);
    const after = await keysHere('targets', app);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    expect(await roleOf(app, 'targets')).toMatchObject({ keys: [{ id: after[0], here: true }] });
  });

  it('key rotate root, when the new key counts: it is told, and no other is made', async () => {
    const app = await signed();
    const before = await keysHere('root', null);
    const words = ['key', 'rotate', app, 'root', '--yes'];
    await killing.interruptAt(words, stored);
    await must(...words);
    expect(await keysHere('root', null)).toHaveLength(before.length + 1);
    expect((await roleOf(app, 'root'))?.keys).toMatchObject([{ here: true }]);
  });

  it('key rotate snapshot --to-server, when the server has made the key', async () => {
    const app = await signed();
    await must('key', 'rotate', app, 'snapshot', '--to-here');
    const words = ['key', 'rotate', app, 'snapshot', '--to-server'];
    await killing.interruptAt(words, {
      method: 'POST',
      path: /\/snapshot\.key$/,
      isAnswered: true,
    });
    expect(await keysHere('snapshot', app)).toHaveLength(1);
    await must(...words);
    expect(await keysHere('snapshot', app)).toEqual([]);
    expect((await roleOf(app, 'snapshot'))?.keys).toMatchObject([{ here: false }]);
  });

  it('delegation add, when it counts and nobody knows yet: found done', async () => {
    const app = await signed();
    const words = ['delegation', 'add', app, 'nightly', '--key', bobFile, '--path', 'nightly-'];
    await killing.interruptAt(words, stored);
    expect(await must(...words)).toMatch(/^unchanged/);
    expect((await roleOf(app, 'targets/nightly'))?.keys).toMatchObject([{ id: bobId }]);
  });

  it.each([
    ['remove', ['nightly', '--yes']],
    ['purge', ['--key']],
  ])('delegation %s, when it counts and nobody knows yet: refused as gone', async (verb, rest) => {
    const app = await signed();
    await must('delegation', 'add', app, 'nightly', '--key', bobFile, '--all-paths');
    const words = ['delegation', verb, app, ...rest, ...(verb === 'purge' ? [bobId] : [])];
    await killing.interruptAt(words, stored);
    expect(await killing.run(words)).toMatchObject({ status: verb === 'purge' ? 8 : 2 });
    const left = await roleOf(app, 'targets/nightly');
    expect(left?.keys ?? []).toEqual([]);
  });
});
