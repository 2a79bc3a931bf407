// `paraph sign` as a process of its own, killed without warning at the moments that matter: at each request it
// sends, when the server has answered and it does not know yet, and as its files come into being. Afterwards the same
// command must do the whole work, and nothing that was there may be lost.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Meddler } from '../../src/sandbox/meddler.ts';
import { type Publishing, startPublishing, trust } from './publishing.ts';

let desk: Publishing;
let between: Meddler;
/** Inside node_modules, so that packages are found from there. */
let programDir: string;

beforeAll(async () => {
  mkdirSync('node_modules/.cache', { recursive: true });
  programDir = mkdtempSync(join(process.cwd(), 'node_modules/.cache/paraph-killed-'));
  await build({
    entryPoints: ['src/cli/main.ts'],
    outdir: programDir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  });
  desk = await startPublishing();
  between = await Meddler.start({ tls: desk.stack.tls, server: desk.stack.trustServer });
  trust(desk.homeDir, between.url, desk.stack.tls.cert);
});
afterAll(async () => {
  await between.close();
  await desk.close();
  rmSync(programDir, { recursive: true, force: true });
});

const manifest = (digit: string) => ['--digest', `sha256:${digit.repeat(64)}`, '--size', '739'];

/** Starts `paraph sign` in the home directory given. */
function startSigning(homeDir: string, image: string, digit = 'a'): ChildProcess {
  const words = ['sign', image, ...manifest(digit), '--server', between.url];
  return spawn(process.execPath, [join(programDir, 'main.js'), ...words], {
    env: { ...desk.env, HOME: homeDir },
    stdio: 'ignore',
  });
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = child.exitCode !== null || child.signalCode !== null;
  child.kill('SIGKILL');
  if (!exited) await once(child, 'exit');
}

/** Signs again, undisturbed; what a consumer on another machine then gets. */
async function signAgain(homeDir: string, image: string, digit = 'a'): Promise<string> {
  between.refuse = undefined;
  between.answered = undefined;
  const words = ['sign', image, ...manifest(digit), '--server', between.url];
  const signed = await desk.run(words, { homeDir });
  expect(signed.status, signed.stderr).toBe(0);
  const consumer = mkdtempSync(join(tmpdir(), 'paraph-consumer-'));
  try {
    trust(consumer, between.url, desk.stack.tls.cert);
    const verified = await desk.run(['verify', image, '--server', between.url], {
      homeDir: consumer,
    });
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
      await interruptAt(`${repository}:1`, method, path, isAnswered);
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
    await interruptAt(`${repository}:2`, 'POST', /\/tuf\/$/, isAnswered);
    await signAgain(desk.homeDir, `${repository}:2`, 'b');
    const images = [`${repository}:1`, `${repository}:2`];
    expect((await desk.run(['verify', ...images, '--server', between.url])).stdout).toBe(
      `${repository}@sha256:${'a'.repeat(64)}\n${repository}@sha256:${'b'.repeat(64)}\n`,
    );
  });

  it.each([1, 4, 8, 12])(
    'at change %i of its directory: the next signing is whole',
    async (change) => {
      const homeDir = mkdtempSync(join(desk.homeDir, 'home-'));
      trust(homeDir, between.url, desk.stack.tls.cert);
      const repository = `${desk.repository}-file-${change}`;
      mkdirSync(join(homeDir, '.docker/trust'), { recursive: true });
      const child = startSigning(homeDir, `${repository}:1`);
      await changes(join(homeDir, '.docker/trust'), change, child);
      await killed(child);
      expect(await signAgain(homeDir, `${repository}:1`)).toContain('a'.repeat(64));
      expect(await keysOf(homeDir, repository)).toEqual({ root: 1, targets: 1 });
      expect(temporaryFiles(homeDir)).toEqual([]);
    },
  );

  /** Runs `sign` until the request that fits, and kills it before or after the server has answered that. */
  async function interruptAt(image: string, method: string, path: RegExp, isAnswered: boolean) {
    const child = startSigning(desk.homeDir, image, image.endsWith(':2') ? 'b' : 'a');
    await new Promise<void>((resolve, reject) => {
      child.on('exit', () => reject(new Error('it ended before that request')));
      const strike = async (asked: string, where: string): Promise<undefined> => {
        if (asked !== method || !path.test(where)) return undefined;
        child.removeAllListeners('exit');
        await killed(child);
        resolve();
        return undefined;
      };
      if (isAnswered) between.answered = strike;
      else
        between.refuse = async (asked, where) => (
          await strike(asked, where), refused(asked, where)
        );
      function refused(asked: string, where: string): number | undefined {
        return asked === method && path.test(where) ? 503 : undefined;
      }
    });
  }
});

/** Resolves at the given number of changes below `directory`, or when the child has ended. */
function changes(directory: string, count: number, child: ChildProcess): Promise<void> {
  return new Promise((resolveChanges) => {
    let seen = 0;
    const watcher = watch(directory, { recursive: true }, () => {
      seen += 1;
      if (seen >= count) done();
    });
    const done = (): void => {
      watcher.close();
      resolveChanges();
    };
    child.on('exit', done);
  });
}

/** What a killed process may leave must be cleared or be overtaken by the next; keys are never half there. */
function temporaryFiles(homeDir: string): readonly string[] {
  const keys = readdirSync(join(homeDir, '.docker/trust/private'));
  return keys.filter((name) => name.endsWith('.key') && !/^[0-9a-f]{64}\.key$/.test(name));
}
