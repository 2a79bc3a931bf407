// `paraph sign` as a process of its own, killed without warning at the moments that matter: at each request it
// sends, when the server has answered and it does not know yet, and as its files come into being. Afterwards the same
// command must do the whole work, and nothing that was there may be lost.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepsOf } from '../every-step.ts';
import { Killing } from './killing.ts';
import { type Publishing, trust } from './publishing.ts';

let killing: Killing;
let desk: Publishing;

beforeAll(async () => {
  killing = await Killing.start();
  ({ desk } = killing);
});
afterAll(() => killing.close());

const signing = (image: string, digit: string) => [
  'sign',
  image,
  '--digest',
  `sha256:${digit.repeat(64)}`,
  '--size',
  '739',
];

/** Signs again, undisturbed; what a consumer on another machine then gets. */
async function signAgain(homeDir: string, image: string, digit = 'a'): Promise<string> {
  const signed = await killing.run(signing(image, digit), homeDir);
  expect(signed.status, signed.stderr).toBe(0);
  const consumer = mkdtempSync(join(tmpdir(), 'paraph-consumer-'));
  try {
    trust(consumer, killing.between.url, desk.stack.tls.cert);
    const verified = await killing.run(['verify', image], consumer);
    expect(verified.status, verified.stderr).toBe(0);
    return verified.stdout;
  } finally {
    rmSync(consumer, { recursive: true, force: true });
  }
}

async function keysOf(homeDir: string, repository: string): Promise<Record<string, number>> {
  const listed = await desk.run(['key', 'list', '--output', 'json'], { homeDir });
  expect(listed.stderr).toBe('');
  const { keys, unusable } = JSON.parse(listed.stdout) as {
    keys: { role: string; repository: string | null }[];
    unusable: unknown[];
  };
  expect(unusable).toEqual([]);
  const mine = keys.filter((key) => key.role === 'root' || key.repository === repository);
  return { root: 0, targets: 0, ...countBy(mine.map(({ role }) => role)) };
}

function countBy(words: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...new Set(words)].map((word) => [word, words.filter((other) => other === word).length]),
  );
}

type Moment = readonly [when: string, method: string, path: RegExp, isAnswered: boolean];

const moments: readonly Moment[] = [
  ['as it asks for the snapshot key', 'GET', /snapshot\.key$/, false],
  ['when the server has made the timestamp key', 'GET', /timestamp\.key$/, true],
  ['with its keys made, before the upload', 'GET', /\/v2\/$/, false],
  ['as the upload arrives', 'POST', /\/tuf\/$/, false],
  ['when the upload is stored and not yet confirmed', 'POST', /\/tuf\/$/, true],
  ['as it reads back what is published', 'GET', /\/snapshot\.[0-9a-f]{64}\.json$/, true],
];

describe('sign, killed', { timeout: 60_000 }, () => {
  it.each(moments)(
    '%s: the first signing is whole the next time',
    async (when, method, path, isAnswered) => {
      const repository = `${desk.repository}-${moments.findIndex(([name]) => name === when)}`;
      await killing.interruptAt(signing(`${repository}:1`, 'a'), { method, path, isAnswered });
      expect(await signAgain(desk.homeDir, `${repository}:1`)).toBe(
        `${repository}@sha256:${'a'.repeat(64)}\n`,
      );
      expect(await keysOf(desk.homeDir, repository)).toEqual({ root: 1, targets: 1 });
    },
  );

  it.each([
    ['as the upload arrives', false],
    ['when the upload is stored and not yet confirmed', true],
  ] as const)('%s: a later signing loses nothing of before', async (_, isAnswered) => {
    const repository = `${desk.repository}-later-${isAnswered}`;
    await signAgain(desk.homeDir, `${repository}:1`);
    const moment = { method: 'POST', path: /\/tuf\/$/, isAnswered };
    await killing.interruptAt(signing(`${repository}:2`, 'b'), moment);
    await signAgain(desk.homeDir, `${repository}:2`, 'b');
    const images = [`${repository}:1`, `${repository}:2`];
    expect((await killing.run(['verify', ...images])).stdout).toBe(
      `${repository}@sha256:${'a'.repeat(64)}\n${repository}@sha256:${'b'.repeat(64)}\n`,
    );
  });

  it.each(stepsOf([1, 4, 8, 12], (change) => change > 4))(
    'at change %i of its directory: the next signing is whole',
    async (change) => {
      const homeDir = mkdtempSync(join(desk.homeDir, 'home-'));
      trust(homeDir, killing.between.url, desk.stack.tls.cert);
      const repository = `${desk.repository}-file-${change}`;
      await killing.interruptAtChange(signing(`${repository}:1`, 'a'), change, homeDir);
      expect(await signAgain(homeDir, `${repository}:1`)).toContain('a'.repeat(64));
      expect(await keysOf(homeDir, repository)).toEqual({ root: 1, targets: 1 });
      expect(temporaryFiles(homeDir)).toEqual([]);
    },
  );
});

/** What a killed process may leave must be cleared or be overtaken by the next; keys are never half there. */
function temporaryFiles(homeDir: string): readonly string[] {
  const keys = readdirSync(join(homeDir, '.docker/trust/private'));
  return keys.filter((name) => name.endsWith('.key') && !/^[0-9a-f]{64}\.key$/.test(name));
}
